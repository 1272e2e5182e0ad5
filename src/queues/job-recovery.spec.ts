import '../../test/support/own-data-folder.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { until } from '../../test/support/until.js';
import { ClockRepair } from './clock-repair.js';
import { Dispatcher } from './dispatcher.js';
import { DueJobs } from './due-jobs.js';
import { JobIntake } from './job-intake.js';
import { JobObservers } from './job-observers.js';
import { CONFIRMED_MS, JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { PRIORITY } from './jobs.js';
import type { QueueDriver } from './queue-driver.js';

const EXPIRED = 1_000;

/** On a real server, where others can lock rows. */
describe('Jobs that are recovered or expire', () => {
  let open: OpenDatabase;
  let observers: JobObservers;
  let signals: JobSignals;
  let recovery: JobRecovery;
  let dispatcher: Dispatcher | undefined;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    open = await openDatabase({ embedded: false });
    await open.database.query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(0, ${EXPIRED}) AS n`);
    await open.database.query(
      `INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'extraction', 9, now() + interval '1 day')`,
    );
  });
  afterEach(() => dispatcher?.stop());
  afterAll(() => open.close());
  beforeEach(async () => {
    await open.database.query('DELETE FROM jobs');
    [observers, signals] = [new JobObservers(), new JobSignals()];
    recovery = new JobRecovery(open.machinery, observers, signals);
  });

  /** Extractions of the first people, not due for an hour, whose expiry or lease has run out. */
  const plant = (people: number, status: 'waiting' | 'active') =>
    open.database.query(
      `INSERT INTO jobs (id, name, queue, user_id, platform, data, trigger, max_attempts, priority, status, run_at, expires_at, lease_until, crashes)
       SELECT gen_random_uuid(), 'extract-platform', 'extraction', 'person-' || n, 'spotify', jsonb_build_object('userId', 'person-' || n, 'platform', 'spotify'),
         'manual', 3, 5, $2::text, now() + interval '1 hour', now() - interval '1 minute' + n * interval '1 ms', CASE WHEN $2::text = 'active' THEN now() - interval '1 minute' END, 0
       FROM generate_series(1, $1::int) AS n`,
      [people, status],
    );
  const count = async (condition: string) => {
    const [row] = await open.database.query<{ count: number }>(`SELECT count(*) AS count FROM jobs WHERE ${condition}`);
    return row?.count ?? 0;
  };

  it('leave room for an urgent job in a sweep that ends very many', async () => {
    await plant(EXPIRED, 'waiting');
    let endedBefore: number | undefined;
    const driver = {
      room: () => 9,
      add: async () => {
        endedBefore ??= await count(`status = 'expired'`);
      },
    } as Partial<QueueDriver> as QueueDriver;
    const clock = new ClockRepair(open.machinery, signals);
    dispatcher = new Dispatcher(new DueJobs(open.machinery), recovery, clock, driver, signals);
    const data = { userId: 'person-0', platform: 'github' };
    const options = { trigger: 'manual', priority: PRIORITY.first } as const;
    await open.database.transaction((tx) =>
      new JobIntake(observers, signals).enqueue(tx, 'extract-platform', data, options),
    );
    dispatcher.start();
    await until('the urgent job to start', () => endedBefore !== undefined);
    expect(endedBefore).toBeLessThan(EXPIRED);
    await until('the others to end', async () => (await count(`status = 'expired'`)) === EXPIRED);
  });

  it('are taken from the dead some at a time, and each of them in the end', async () => {
    await plant(EXPIRED, 'active');
    await recovery.reclaimExpiredLeases();
    expect(await count('crashes = 1')).toBe(0);
    await sleep(CONFIRMED_MS + 100);
    await recovery.reclaimExpiredLeases();
    expect(await count('crashes = 1')).toBeLessThan(EXPIRED);
    while (await recovery.reclaimExpiredLeases());
    expect(await count(`status = 'waiting' AND crashes = 1`)).toBe(EXPIRED);
  });

  it('wait only for a moment for what others have locked, and are left to the next round', async () => {
    observers.register('extract-platform', {
      onTransition: async (tx, { userId }) => {
        await tx.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [userId]);
      },
    });
    const warn = jest.spyOn(Logger.prototype, 'warn');
    await plant(3, 'waiting');
    await open.database.transaction(async (tx) => {
      await tx.query(`SELECT FROM users WHERE id = 'person-1' FOR UPDATE`);
      while (await recovery.expire());
      expect(await count(`status = 'expired'`)).toBe(2);
    });
    expect(warn.mock.calls.flat().join()).toContain('lock timeout');
    warn.mockRestore();
    while (await recovery.expire());
    expect(await count(`status = 'expired'`)).toBe(3);
  });
});
