import { Logger } from '@nestjs/common';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Housekeeping } from './housekeeping.js';

describe('Housekeeping', () => {
  let opened: OpenDatabase;
  let housekeeping: Housekeeping;

  beforeAll(async () => {
    opened = await openDatabase();
    housekeeping = new Housekeeping(opened.database);
    housekeeping.register({ table: 'events', old: `at < now() - interval '30 days'` });
    await opened.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });
  afterAll(() => opened.close());

  const fill = (from: number, to: number, days: number) =>
    opened.database.query(
      `INSERT INTO events (user_id, seq, type, payload, at)
       SELECT 'ana', n, 'connection_status', '{}', now() - $3::int * interval '1 day' FROM generate_series($1::int, $2::int) AS n`,
      [from, to, days],
    );
  const left = async () => (await opened.database.query<{ n: number }>('SELECT count(*) AS n FROM events'))[0]?.n;

  it('deletes all that is old, however much, and nothing else', async () => {
    await fill(1, 2_500, 31);
    await fill(2_501, 2_600, 29);
    await housekeeping.clean();
    expect(await left()).toBe(100);
    await housekeeping.clean();
    expect(await left()).toBe(100);
  });

  it('may be done by several at once', async () => {
    await opened.database.query('DELETE FROM events');
    await fill(1, 2_000, 31);
    await Promise.all([housekeeping.clean(), housekeeping.clean(), housekeeping.clean()]);
    expect(await left()).toBe(0);
  });

  it('tidies the other tables when one fails, and warns of it', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const failing = new Housekeeping(opened.database);
    failing.register({ table: 'items', old: 'no_such_column' });
    failing.register({ table: 'events', old: `at < now() - interval '30 days'` });
    await fill(1, 10, 31);
    await failing.clean();
    expect(await left()).toBe(0);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('no_such_column')]]);
    warn.mockRestore();
  });

  it('stops in the middle when the process ends', async () => {
    await fill(1, 2_000, 31);
    housekeeping.onModuleDestroy();
    await housekeeping.clean();
    expect(await left()).toBe(2_000);
  });
});
