import { uuidv7 } from 'uuidv7';
import { inFull } from '../../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { ProgramTokens } from './program-tokens.js';
import { ReadLog } from './read-log.js';

describe.each(inFull([false, true], [false]))('What programs did (embedded database: %s)', (embedded) => {
  let open: OpenDatabase;
  let housekeeping: Housekeeping;
  /** As many processes, which share the database only. */
  let logs: ReadLog[];
  const programs = ['Backups', 'Assistant', 'Clock'].map((name) => ({ id: uuidv7(), name }));

  beforeAll(async () => {
    open = await openDatabase({ embedded });
    housekeeping = new Housekeeping(open.database);
    logs = [1, 2, 3].map(() => new ReadLog(open.database, open.machinery, housekeeping));
    await open.database.query(`INSERT INTO users (id) VALUES ('ada'), ('ben'), ('gone')`);
  });
  afterAll(() => open.close());

  const counts = async (userId: string) => {
    const reads = await logs[0]!.list(userId, undefined, 100);
    return reads.map(({ program, what, count }) => `${program.name} ${what} ${count}`).sort();
  };

  it('is counted over all processes, which write the same rows at the same time', async () => {
    const rounds = inFull(50, 10);
    for (let round = 0; round < rounds; round += 1) {
      for (const [n, log] of logs.entries()) {
        // Each in another order.
        for (const program of [...programs.slice(n), ...programs.slice(0, n)]) {
          log.note('ada', program, 'GET /api/events', 'events:read');
          log.note('ada', program, 'GET /api/extraction/items', 'items:read');
        }
      }
      await Promise.all(logs.map((log) => log.beforeApplicationShutdown()));
    }
    const expected = programs.flatMap(({ name }) => [
      `${name} GET /api/events ${3 * rounds}`,
      `${name} GET /api/extraction/items ${3 * rounds}`,
    ]);
    expect(await counts('ada')).toEqual(expected.sort());
    expect(await counts('ben')).toEqual([]);
  });

  it('is kept for others when an account goes', async () => {
    const [log] = logs;
    log!.note('gone', programs[0]!, 'GET /api/events', 'events:read');
    log!.note('ben', programs[1]!, 'GET /api/events', 'events:read');
    await open.database.query(`DELETE FROM users WHERE id = 'gone'`);
    expect(await counts('ben')).toEqual(['Assistant GET /api/events 1']);
    expect(await counts('gone')).toEqual([]);
  });

  it('is forgotten after 90 days, and tokens some time after their end', async () => {
    const tokens = new ProgramTokens(open.database, housekeeping);
    const made = await Promise.all(
      ['ended', 'over', 'lasting'].map((name) =>
        tokens.make('ben', { name, scopes: ['items:read'], expiresAt: undefined }),
      ),
    );
    const [ended, over] = made;
    await open.database.query(`UPDATE access_tokens SET ended_at = now() - interval '25 hours' WHERE id = $1`, [
      ended!.id,
    ]);
    await open.database.query(`UPDATE access_tokens SET expires_at = now() - interval '31 days' WHERE id = $1`, [
      over!.id,
    ]);
    await open.database.query(
      `INSERT INTO program_reads (user_id, hour, program_id, program, what, scope, count)
       SELECT 'ben', now() - days * interval '1 day', $1, 'Old', 'GET /' || days, 'items:read', 1 FROM unnest('{89,91}'::int[]) AS days`,
      [programs[0]!.id],
    );
    await housekeeping.clean();
    expect(await counts('ben')).toEqual(['Assistant GET /api/events 1', 'Old GET /89 1']);
    expect(await open.database.query('SELECT name FROM access_tokens')).toEqual([{ name: 'lasting' }]);
  });
});
