import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { DueJobs } from './due-jobs.js';
import { JobObservers } from './job-observers.js';
import { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { PRIORITY } from './jobs.js';

const SLOTS = 20;
/** A tenth of the slots is kept for the first priority. */
const ORDINARY = 18;

/** On a real server, where several dispatchers choose side by side. The start limit is off. */
describe('Choosing what to run', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;
  let opens: OpenDatabase[];
  let dispatchers: DueJobs[];

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    fresh = await server.createDatabase();
    opens = [];
    for (let n = 0; n < 3; n++) opens.push(await openDatabase({ url: fresh.url }));
    dispatchers = opens.map(({ machinery }) => new DueJobs(machinery));
    await fresh.query(
      `INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'soul-signature', ${SLOTS}, now() + interval '1 day')`,
    );
  });
  afterEach(async () => {
    for (const open of opens) await open.close();
    await fresh.drop();
  });

  const add = async (count: number, { priority = 5, crashes = 0, users = count } = {}) => {
    await fresh.query(
      `INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(0, 999) AS n ON CONFLICT DO NOTHING`,
    );
    await fresh.query(
      `INSERT INTO jobs (id, name, queue, user_id, data, trigger, max_attempts, priority, run_at, claim, crashes)
       SELECT gen_random_uuid(), 'build-signature', 'soul-signature', person, jsonb_build_object('userId', person), 'manual', 3, $2, now(), 1, $3
       FROM generate_series(0, $1 - 1) AS n, concat('person-', n % $4 + 10 * $2::int) AS person`,
      [count, priority, crashes, users],
    );
  };
  const take = async (room = 1_000) => {
    const all = await Promise.all(dispatchers.map((dispatcher) => dispatcher.takeDue('soul-signature', room)));
    return all.flatMap((taken) => taken ?? []);
  };

  it('hands out no more than there are slots, however many look at the same moment', async () => {
    for (let round = 0; round < 20; round++) {
      await fresh.query('DELETE FROM jobs');
      await add(100);
      const first = await take();
      expect(first.length).toBe(ORDINARY);
      expect(await take()).toEqual([]);
    }
  });

  it('finds a place for what is urgent behind what only waits at workers, and none behind what runs', async () => {
    await add(100);
    await take();
    await add(30, { priority: PRIORITY.first });
    expect((await take()).map(({ priority }) => priority)).toEqual(Array.from({ length: SLOTS }, () => PRIORITY.first));
    await fresh.query(
      `UPDATE jobs SET status = 'active', lease_until = now() + interval '1 day' WHERE dispatched_at IS NOT NULL`,
    );
    expect(await take()).toEqual([]);
  });

  it('lets one job of a kind and user out at a time', async () => {
    await add(6, { users: 2 });
    const taken = await take();
    expect(new Set(taken.map(({ userId }) => userId)).size).toBe(2);
    expect(taken).toHaveLength(2);
  });

  it('lets one suspect out at a time, the most urgent first, beside the innocent', async () => {
    await add(3, { crashes: 1 });
    await add(1, { crashes: 1, priority: PRIORITY.first });
    await add(4, { priority: 10 });
    const taken = await take();
    expect(taken.map(({ priority }) => priority)).toEqual([PRIORITY.first, 10, 10, 10, 10]);
    expect(await take()).toEqual([]);
  });

  it('reads few rows by a plan that was made when there were none', async () => {
    const [dispatcher, open] = [dispatchers[0]!, opens[0]!];
    const recovery = new JobRecovery(open.machinery, new JobObservers(), new JobSignals());
    const look = async () => {
      await recovery.reclaimExpiredLeases();
      await recovery.expire();
      await dispatcher.takeUnclaimed('soul-signature');
      await dispatcher.takeDue('soul-signature', 3);
      await dispatcher.nextDueInMs('soul-signature');
    };
    const rowsRead = async () => {
      await open.database.query('SELECT pg_stat_force_next_flush()');
      const [row] = (await fresh.query(
        `SELECT seq_tup_read::int + idx_tup_fetch::int AS rows FROM pg_stat_user_tables WHERE relname = 'jobs'`,
      )) as { rows: number }[];
      return row?.rows ?? 0;
    };
    for (let n = 0; n < 10; n++) await look();
    await add(900);
    await fresh.query(`UPDATE jobs SET status = 'completed', finished_at = now()`);
    await add(900);
    const before = await rowsRead();
    for (let n = 0; n < 5; n++) await look();
    expect((await rowsRead()) - before).toBeLessThan(900);
  });

  it('tells a dispatcher whose turn it is not, and does nothing for it', async () => {
    await add(5);
    const [mine, other] = opens as [OpenDatabase, OpenDatabase];
    await mine.database.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('dispatch of soul-signature', 0))`);
      expect(await new DueJobs(other.machinery).takeDue('soul-signature', 10)).toBeUndefined();
    });
    expect(await fresh.query('SELECT count(*)::int AS dispatched FROM jobs WHERE dispatched_at IS NOT NULL')).toEqual([
      { dispatched: 0 },
    ]);
    expect(await new DueJobs(other.machinery).takeDue('soul-signature', 10)).toHaveLength(5);
  });
});
