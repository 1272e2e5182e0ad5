import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { inFull } from '../../test/support/length.js';
import { Housekeeping } from '../database/housekeeping.js';
import { PasswordGuesses } from './password-guesses.js';

const RIGHT = 'the password';

describe.each(inFull([false, true], [false]))('Guesses of a password (embedded database: %s)', (embedded) => {
  let open: OpenDatabase;
  /** As many processes, which share the database only. */
  let processes: PasswordGuesses[];
  let compared: number;

  beforeAll(async () => {
    open = await openDatabase({ embedded });
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    compared = 0;
    await open.database.query('DELETE FROM failed_sign_ins');
    const housekeeping = new Housekeeping(open.database);
    processes = [1, 2, 3].map(() => new PasswordGuesses(open.database, housekeeping));
  });

  /** `right`, `wrong`, or the seconds to wait. */
  const guess = (password: string, { at = 0, address = '192.0.2.1' } = {}): Promise<string | number> =>
    processes[at % processes.length]!.check(address, password, () => {
      compared += 1;
      return password === RIGHT;
    }).then(
      (right) => (right ? 'right' : 'wrong'),
      (error: unknown) => (error as { extra: { retryAfter: number } }).extra.retryAfter,
    );
  const wrongOnes = (count: number, from = 0) =>
    Promise.all(Array.from({ length: count }, (_, n) => guess(`wrong ${from + n}`, { at: n })));

  it('are ten at once over all processes, and then the right one is not even compared', async () => {
    const answers = await wrongOnes(60);
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(10);
    expect(compared).toBe(10);
    for (const at of [0, 1, 2]) expect(await guess(RIGHT, { at })).toBeGreaterThan(50);
    expect(compared).toBe(10);
    expect(await guess(RIGHT, { address: '192.0.2.2' })).toBe('right');
  });

  it('are one more after a minute', async () => {
    await wrongOnes(10);
    await open.database.query(`UPDATE failed_sign_ins SET tat = tat - interval '1 minute'`);
    expect(await guess('wrong 11', { at: 1 })).toBe('wrong');
    expect(await guess(RIGHT, { at: 2 })).toBeGreaterThan(50);
  });

  it('cost nothing when they are right, or the same wrong one again', async () => {
    for (let n = 0; n < 30; n += 1) expect(await guess(RIGHT, { at: n })).toBe('right');
    const same = await Promise.all(Array.from({ length: 90 }, (_, n) => guess('an old password', { at: n })));
    expect(new Set(same)).toEqual(new Set(['wrong']));
    expect((await wrongOnes(10, 100)).filter((answer) => answer === 'wrong')).toHaveLength(7);
  });

  it('are those of one customer from all addresses of an IPv6 network', async () => {
    for (let n = 0; n < 10; n += 1) await guess(`wrong ${n}`, { address: `2001:db8:1:2::${n}` });
    expect(await guess(RIGHT, { address: '2001:db8:1:2:3:4:5:6' })).toBeGreaterThan(50);
    expect(await guess(RIGHT, { address: '2001:db8:1:3::1' })).toBe('right');
  });

  it('are not refused for hours when the clock of the database has stepped back', async () => {
    await wrongOnes(5);
    await open.database.query(`UPDATE failed_sign_ins SET tat = tat + interval '1 day'`);
    expect(await guess(RIGHT)).toBe('right');
  });
});
