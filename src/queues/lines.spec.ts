import '../../test/support/own-data-folder.js';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer } from '../../test/support/postgres-server.js';
import { Housekeeping } from '../database/housekeeping.js';
import { DueJobs } from './due-jobs.js';
import { JobCounts } from './job-counts.js';
import { JobQueries } from './job-queries.js';
import { RateLimitedError } from './errors.js';
import { JobIntake } from './job-intake.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers, type Transition } from './job-observers.js';
import { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { PRIORITY } from './jobs.js';
import { LINE_CLOSED } from './lines.js';
import type { DispatchedJob } from './queued-job.js';

const SLOTS = 20;

/** A tenth of the slots is kept for the first priority, a fifth for other platforms. */
const OF_ONE_LINE = 14;

interface Wanted {
  readonly priority?: number;
  readonly crashes?: number;
  readonly at?: string;
  readonly first?: number;
}

const ENGINES: [string, boolean][] = [
  ['on a server', false],
  ['embedded', true],
];

describe.each(inFull(ENGINES, ENGINES.slice(0, 1)))('Lines %s', (_, embedded) => {
  let open: OpenDatabase;
  let due: DueJobs;
  let ledger: JobLedger;
  let intake: JobIntake;
  let recovery: JobRecovery;
  let told: { userId: string; transition: Transition }[];
  /** Whose jobs' transitions fail. */
  let failing: string | undefined;
  let stopServer: (() => Promise<void>) | undefined;

  const query = <Row = any>(sql: string, parameters: readonly unknown[] = []) =>
    open.database.query<Row>(sql, parameters);

  beforeAll(async () => {
    if (embedded) {
      open = await openDatabase({ embedded });
    } else {
      const server = await PostgresServer.start();
      const fresh = await server.createDatabase();
      open = await openDatabase({ url: fresh.url });
      stopServer = () => fresh.drop().then(() => server.stop());
    }
    const [observers, signals] = [new JobObservers(), new JobSignals()];
    observers.register('extract-platform', {
      onTransition: (tx, { userId }, transition) => {
        told.push({ userId, transition });
        return userId === failing ? Promise.reject(new Error('on purpose')) : Promise.resolve();
      },
    });
    due = new DueJobs(open.machinery);
    ledger = new JobLedger(open.database, observers, signals);
    intake = new JobIntake(observers, signals);
    recovery = new JobRecovery(open.machinery, observers, signals);
    await query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(0, 999) AS n`);
    await query(
      `INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'extraction', ${SLOTS}, now() + interval '1 day')`,
    );
    await query(`INSERT INTO limits (queue, tat) VALUES ('extraction', now() - interval '1 day')`);
  });
  beforeEach(async () => {
    told = [];
    failing = undefined;
    await query('DELETE FROM jobs');
    await query('DELETE FROM queue_lines');
  });
  afterAll(async () => {
    await open.close();
    await stopServer?.();
  });

  /** Jobs of `count` people from the `first` on, each due a millisecond after the one before. */
  const add = (platform: string, count: number, { priority = 5, crashes = 0, at = 'now()', first = 0 }: Wanted = {}) =>
    query(
      `INSERT INTO jobs (id, name, queue, user_id, platform, data, trigger, max_attempts, priority, run_at, claim, crashes)
       SELECT gen_random_uuid(), 'extract-platform', 'extraction', 'person-' || n, $1::text, jsonb_build_object('userId', 'person-' || n, 'platform', $1::text),
         'manual', 3, $2::int, ${at} - interval '1 second' + n * interval '1 ms', $3::int, $3::int FROM generate_series($5::int, $5 + $4::int - 1) AS n`,
      [platform, priority, crashes, count, first],
    );
  const close = (platform: string, from: string) =>
    query(
      `INSERT INTO queue_lines (queue, line, closed_until) VALUES ('extraction', $1, now() + $2::interval)
       ON CONFLICT (queue, line) DO UPDATE SET closed_until = excluded.closed_until`,
      [platform, from],
    );
  /** The start limit is not what is looked at. */
  const take = async () => {
    const all: DispatchedJob[] = [];
    for (;;) {
      await query(`UPDATE limits SET tat = now() - interval '1 day'`);
      const taken = (await due.takeDue('extraction', 1_000)) ?? [];
      if (taken.length === 0) return all;
      all.push(...taken);
    }
  };
  const takePlatforms = async () => (await take()).map(({ platform }) => platform);
  const end = () => query(`UPDATE jobs SET status = 'completed', finished_at = now() WHERE dispatched_at IS NOT NULL`);
  const enqueue = (userId: string, platform = 'spotify') =>
    open.database.transaction((tx) =>
      intake.enqueue(tx, 'extract-platform', { userId, platform }, { trigger: 'manual' }),
    );
  const claim = async (userId: string) => {
    await query('UPDATE jobs SET dispatched_at = now(), dispatch = dispatch + 1 WHERE user_id = $1', [userId]);
    const [row] = await query(`SELECT id AS "jobId", dispatch FROM jobs WHERE user_id = $1 AND status = 'waiting'`, [
      userId,
    ]);
    const job = await ledger.claim('extract-platform', row);
    if (!job) throw new Error(`No job of ${userId}`);
    return job;
  };
  const expire = async () => {
    while (await recovery.expire());
  };
  const rowOf = async (userId: string) => (await query('SELECT * FROM jobs WHERE user_id = $1', [userId]))[0];
  const kinds = () => told.map(({ transition }) => transition.kind);

  it('that are closed start nothing, whatever waits in them, and hold up no other', async () => {
    await add('spotify', 200);
    await add('spotify', 1, { priority: PRIORITY.first });
    await close('spotify', '1 minute');
    await add('github', 10);
    const counts = await new JobCounts(open.database, new Housekeeping(open.database)).read();
    expect(counts.extraction).toMatchObject({ waiting: 10, delayed: 201 });
    expect(await takePlatforms()).toEqual(Array(10).fill('github'));
    const dueInMs = (await due.nextDueInMs('extraction')) ?? 0;
    expect(dueInMs).toBeGreaterThan(50_000);
    expect(dueInMs).toBeLessThanOrEqual(60_000);
  });

  it('that open again let one job in at first and one more each second, in order', async () => {
    await add('spotify', 50);
    await close('spotify', '-1 ms');
    expect((await take()).map(({ userId }) => userId)).toEqual(['person-0']);
    await close('spotify', '-3 seconds');
    expect((await take()).map(({ userId }) => userId)).toEqual(['person-1', 'person-2', 'person-3']);
    await close('spotify', '-1 hour');
    expect(await take()).toHaveLength(OF_ONE_LINE - 4);
  });

  it('get a part of the slots, so that none with slow runs holds up the others', async () => {
    await add('spotify', 200);
    expect(await take()).toHaveLength(OF_ONE_LINE);
    await add('github', 20);
    expect(await takePlatforms()).toEqual(Array(4).fill('github'));
    await add('spotify', 5, { priority: PRIORITY.first, first: 500 });
    expect((await take()).map(({ priority }) => priority)).toEqual([1, 1, 1, 1, 1]);
  });

  it('are as many as there are, and the more urgent job goes first whatever its line', async () => {
    await add('spotify', 3, { priority: 10 });
    await add('github', 3, { priority: 5, at: `now() + interval '900 ms'` });
    await add('youtube', 3, { priority: 10, at: `now() - interval '1 hour'` });
    await add('other', 1, { priority: PRIORITY.first });
    const taken = await take();
    expect(taken.map(({ priority }) => priority)).toEqual([1, 5, 5, 5, 10, 10, 10, 10, 10, 10]);
    expect(taken.slice(4).map(({ platform }) => platform)).toEqual([
      ...Array<string>(3).fill('youtube'),
      ...Array<string>(3).fill('spotify'),
    ]);
  });

  it('let one suspect out at a time each, and alone the one that would be poison', async () => {
    await add('spotify', 3, { crashes: 1 });
    await add('github', 3, { crashes: 1 });
    await add('youtube', 1, { crashes: 2, at: `now() + interval '500 ms'` });
    await add('other', 2);
    expect(await takePlatforms()).toEqual(['other', 'other', 'youtube']);
    await query(`UPDATE jobs SET status = 'completed' WHERE platform = 'youtube'`);
    expect((await takePlatforms()).sort()).toEqual(['github', 'spotify']);
    await add('youtube', 1, { crashes: 2 });
    expect(await take()).toEqual([]);
    await end();
    expect(await takePlatforms()).toEqual(['youtube']);
    expect(await take()).toEqual([]);
  });

  it('that are closed keep back no suspect of another, also with one that would be poison', async () => {
    await add('spotify', 1, { crashes: 2 });
    await add('github', 1, { crashes: 1 });
    await close('spotify', '1 minute');
    expect(await takePlatforms()).toEqual(['github']);
  });

  it('let those wait that an older version has put off, although its expiry was never meant for them', async () => {
    await enqueue('person-1');
    const until = new Date(Date.now() + 60_000);
    await ledger.snooze(await claim('person-1'), new RateLimitedError(until, 'later'), until);
    await query(`UPDATE jobs SET expires_at = now() - interval '1 minute'`);
    await expire();
    expect((await rowOf('person-1')).status).toBe('waiting');
  });

  it('lose what was not started in time, all but the one whose end fails', async () => {
    for (const userId of ['person-1', 'person-2', 'person-3']) await enqueue(userId);
    await query(`UPDATE jobs SET expires_at = now() - interval '1 second'`);
    failing = 'person-2';
    await expire();
    const rows = await query('SELECT status FROM jobs ORDER BY user_id');
    expect(rows.map(({ status }) => status)).toEqual(['expired', 'waiting', 'expired']);
  });

  it('close when the provider allows nothing for anybody, and whoever was refused keeps its place', async () => {
    await enqueue('person-1');
    await enqueue('person-2');
    await enqueue('person-3', 'github');
    const first = await claim('person-1');
    const until = new Date(Date.now() + 60_000);
    await ledger.snooze(first, new RateLimitedError(until, 'used up', { lineUntil: until }), until, until);
    expect(await takePlatforms()).toEqual(['github']);
    const { run_at: runAt, snoozed_until: snoozedUntil } = await rowOf('person-1');
    expect(runAt).toEqual(first.runAt);
    expect(Math.abs(snoozedUntil.getTime() - until.getTime())).toBeLessThan(5_000);
    await enqueue('person-1');
    await close('spotify', '-1 hour');
    expect((await take()).map(({ userId }) => userId)).toEqual(['person-1', 'person-2']);
  });

  it('that are closed tell whoever comes new', async () => {
    await close('spotify', '1 hour');
    const { job } = await enqueue('person-1');
    expect(kinds()).toEqual(['queued', 'delayed']);
    expect(told[1]?.transition).toMatchObject({ code: 'RATE_LIMITED', reason: LINE_CLOSED, retryAt: job.snoozedUntil });
    await enqueue('person-2', 'github');
    await enqueue('person-1');
    expect(kinds()).toEqual(['queued', 'delayed', 'queued']);
    const queries = new JobQueries(open.database, new JobSignals());
    const delayed = await queries.list({ queue: 'extraction', state: 'delayed' }, 10);
    expect(delayed).toMatchObject([{ userId: 'person-1', nextRunAt: job.snoozedUntil }]);
  });

  it('do not let a job expire for the time for which they were closed, up to a day', async () => {
    await enqueue('person-1');
    await enqueue('person-2', 'github');
    await close('spotify', '2 hours');
    await query(
      `UPDATE jobs SET expires_at = now() - interval '1 second', first_due_at = now() - interval '1 hour 1 second'`,
    );
    await expire();
    expect(await rowOf('person-2')).toMatchObject({ status: 'expired', error_message: 'Not started in time' });
    expect(told.at(-1)?.transition).toEqual({ kind: 'expired', reason: 'not_started' });
    expect(await rowOf('person-1')).toMatchObject({ status: 'waiting', error_code: 'RATE_LIMITED' });
    expect(kinds()).toEqual(['queued', 'queued', 'delayed', 'expired']);
    const [{ hours }] = await query(
      `SELECT round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours FROM jobs WHERE status = 'waiting'`,
    );
    expect(hours).toBe(3);
    // It opens, and the job has its hour again.
    await close('spotify', '-50 minutes');
    await query(`UPDATE jobs SET expires_at = now() - interval '1 second' WHERE status = 'waiting'`);
    await expire();
    expect((await rowOf('person-1')).status).toBe('waiting');
    await query(
      `UPDATE jobs SET expires_at = now(), first_due_at = first_due_at - interval '1 day' WHERE status = 'waiting'`,
    );
    await expire();
    expect((await rowOf('person-1')).status).toBe('expired');
    expect(told.at(-1)?.transition).toEqual({ kind: 'expired', reason: 'provider' });
  });

  it('and a provider that always asks to wait end a job a day after it was first due, whoever asks for it again', async () => {
    await enqueue('person-1');
    const until = () => new Date(Date.now() + 60_000);
    for (let times = 1; times <= 3; times++) {
      const job = await claim('person-1');
      expect(job.snoozes).toBe(times - 1);
      await ledger.snooze(job, new RateLimitedError(until(), 'later'), until());
      await query(
        `UPDATE jobs SET first_due_at = first_due_at - interval '11 hours', expires_at = expires_at - interval '11 hours'`,
      );
      await enqueue('person-1');
      await expire();
    }
    expect(await rowOf('person-1')).toMatchObject({ status: 'expired', error_code: 'EXPIRED' });
    expect(told.at(-1)?.transition).toEqual({ kind: 'expired', reason: 'provider' });
  });

  it('take a continued job at their end, and one that was handed back in its place', async () => {
    await enqueue('person-1');
    await enqueue('person-2');
    await ledger.handBack(await claim('person-1'));
    expect((await take()).map(({ userId }) => userId)).toEqual(['person-1', 'person-2']);
    await query('UPDATE jobs SET dispatched_at = NULL');
    await ledger.continueLater(await claim('person-1'), 0);
    expect((await take()).map(({ userId }) => userId)).toEqual(['person-2', 'person-1']);
  });
});
