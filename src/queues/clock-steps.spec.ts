import '../../test/support/own-data-folder.js';
import { blocksRead } from '../../test/support/blocks-read.js';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import type { MachineryDatabase } from '../database/database.js';
import { ClockRepair } from './clock-repair.js';
import { DueJobs } from './due-jobs.js';
import { JobIntake } from './job-intake.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { JOBS } from './jobs.js';
import { QueueDriver } from './queue-driver.js';
import { WorkerRegistry } from './worker-registry.js';

/** A clock that steps back an hour leaves every stored time an hour too late: here the times move and the clock stays. */
const STEP_BACK = [
  `UPDATE jobs SET run_at = run_at + interval '1 hour', created_at = created_at + interval '1 hour', expires_at = expires_at + interval '1 hour',
     claimed_at = claimed_at + interval '1 hour', dispatched_at = dispatched_at + interval '1 hour',
     snoozed_until = snoozed_until + interval '1 hour', lease_until = lease_until + interval '1 hour'`,
  `UPDATE limits SET tat = tat + interval '1 hour'`,
  `UPDATE workers SET seen_at = seen_at + interval '1 hour'`,
];

const SERVER = ['PostgreSQL', false] as const;
const EMBEDDED = ['the embedded database', true] as const;
const ENGINES = inFull([SERVER, EMBEDDED], [SERVER]);

describe.each(ENGINES)('R34: after the clock of %s has stepped back an hour', (_engine, embedded) => {
  const [observers, signals] = [new JobObservers(), new JobSignals()];
  const intake = new JobIntake(observers, signals);
  let open: OpenDatabase;
  let ledger: JobLedger;
  let recovery: JobRecovery;
  let clock: ClockRepair;
  let due: DueJobs;

  beforeAll(async () => {
    open = await openDatabase({ embedded });
    ledger = new JobLedger(open.database, observers, signals);
    recovery = new JobRecovery(open.machinery, observers, signals);
    clock = new ClockRepair(open.machinery, signals);
    due = new DueJobs(open.machinery);
    await open.database.query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(1, 5) AS n`);
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    for (const table of ['jobs', 'limits', 'workers']) await open.database.query(`DELETE FROM ${table}`);
    await open.database.query(
      `INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'extraction', 9, now())`,
    );
  });
  afterEach(() => jest.restoreAllMocks());

  const limit = (max: number, durationMs: number) =>
    jest.replaceProperty(JOBS['extract-platform'], 'limiter', { max, durationMs });
  const add = async (...people: number[]) => {
    for (const n of people) {
      const data = { userId: `person-${n}`, platform: 'spotify' };
      await open.database.transaction((tx) => intake.enqueue(tx, 'extract-platform', data, { trigger: 'manual' }));
    }
  };
  const stepBack = async () => {
    for (const statement of STEP_BACK) await open.database.query(statement);
  };
  const take = async () => (await due.takeDue('extraction', 100)) ?? [];
  const claim = async () => {
    const [dispatched] = await take();
    return (await ledger.claim('extract-platform', dispatched!))!;
  };
  const seconds = async (column: string) => {
    const [row] = await open.database.query<{ seconds: number }>(
      `SELECT round(extract(epoch FROM ${column} - now()) / 10)::int * 10 AS seconds FROM jobs`,
    );
    return row?.seconds;
  };

  it('the start limit lets jobs start again after one interval', async () => {
    limit(1, 60_000);
    await add(1, 2);
    expect(await take()).toHaveLength(1);
    await open.database.query(STEP_BACK[1]!);
    expect(await take()).toEqual([]);
    expect(await due.nextDueInMs('extraction')).toBeLessThanOrEqual(60_000);
    await open.database.query(`UPDATE limits SET tat = tat - interval '1 minute'`);
    expect(await take()).toHaveLength(1);
  });

  it('jobs that were due are due, those that wait have as long to wait as before, and each is moved once', async () => {
    limit(100, 1_000);
    await add(1, 2, 3);
    await open.database.query(
      `UPDATE jobs SET run_at = run_at + interval '2 hours', snoozed_until = run_at + interval '2 hours' WHERE user_id = 'person-3'`,
    );
    await stepBack();
    expect(await take()).toEqual([]);
    for (let time = 0; time < 2; time++) await clock.followClock();
    await open.database.query(`UPDATE workers SET seen_at = now()`);
    expect((await take()).map(({ userId }) => userId)).toEqual(['person-1', 'person-2']);
    await open.database.query(`DELETE FROM jobs WHERE user_id <> 'person-3'`);
    expect([await seconds('run_at'), await seconds('snoozed_until'), await seconds('expires_at')]).toEqual([
      7_200, 7_200, 3_600,
    ]);
  });

  it('and when it has not, a look costs the same however many jobs wait', async () => {
    const plant = (people: number) =>
      open.database.query(
        `INSERT INTO jobs (id, name, queue, user_id, platform, data, trigger, max_attempts, priority, run_at)
         SELECT gen_random_uuid(), 'extract-platform', 'extraction', 'person-1', 'spotify', '{}', 'manual', 3, 5, now() FROM generate_series(1, $1::int)`,
        [people],
      );
    // On the connection that is measured.
    const measured = new ClockRepair(open.database as MachineryDatabase, signals);
    const look = () => blocksRead(open.database, () => measured.followClock());
    await plant(10);
    await open.database.query('ANALYZE jobs');
    const few = await look();
    await plant(5_000);
    expect(await look()).toBeLessThan(few + 50);
  });

  it('a snooze that began after the step is left alone', async () => {
    limit(100, 1_000);
    await add(1);
    const job = await claim();
    await stepBack();
    const until = new Date(Date.now() + 7_200_000);
    await ledger.snooze(job, new Error('later'), until);
    await clock.followClock();
    expect(await seconds('run_at')).toBe(7_200);
  });

  it('a dead run loses its lease within the time of a lease, and a living one keeps it', async () => {
    limit(100, 1_000);
    await add(1);
    const job = await claim();
    await stepBack();
    await clock.followClock();
    await recovery.reclaimExpiredLeases();
    const [row] = await open.database.query(
      `SELECT status, claim, lease_until <= now() + interval '15 s' AS soon FROM jobs`,
    );
    expect(row).toEqual({ status: 'active', claim: job.claim, soon: true });
    expect(await ledger.progress(job, 50)).toBe(50);
  });

  it('a hint that nobody has taken is given again', async () => {
    limit(100, 1_000);
    await add(1);
    await take();
    await stepBack();
    await open.database.query(`UPDATE workers SET seen_at = now()`);
    expect(await due.takeUnclaimed('extraction')).toHaveLength(1);
    expect(await due.takeUnclaimed('extraction')).toEqual([]);
  });

  it('the slots of a dead worker are not counted', async () => {
    await stepBack();
    const driver = { servedQueues: () => ['soul-signature'] } as Partial<QueueDriver> as QueueDriver;
    const registry = new WorkerRegistry(open.database, open.machinery, driver);
    await registry.join();
    const without = await registry.queuesWithoutWorkers();
    await registry.leave();
    expect(without).toContain('extraction');
  });
});
