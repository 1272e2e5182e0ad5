import { Injectable } from '@nestjs/common';
import { MachineryDatabase } from '../database/database.js';
import { limiterOf, PRIORITY, type QueueName } from './jobs.js';
import { LEASE_MS } from './job-ledger.js';
import type { DispatchedJob } from './queued-job.js';
import { WORKER_LIFE_MS } from './worker-registry.js';

/** A hint that no worker has taken for this long counts as lost. */
const UNCLAIMED_MS = 5_000;

/** The share of slots reserved for the first priority, in case long runs hold all others. */
const RESERVE = 0.1;

/** The most jobs handed out beyond the free slots, as a multiple of all slots, however quickly slots become free. */
const MOST_AHEAD = 3;

const DISPATCHED = `jobs.id AS "jobId", jobs.name, jobs.dispatch, jobs.user_id AS "userId", jobs.platform, jobs.priority, jobs.run_at AS "runAt"`;

const IN_FLIGHT = `(jobs.status = 'active' OR (jobs.status = 'waiting' AND jobs.dispatched_at IS NOT NULL))`;

/** Jobs that are due, in a queue that is not paused. */
const DUE = `jobs.queue = $1 AND jobs.status = 'waiting' AND jobs.dispatched_at IS NULL AND jobs.run_at <= now()
  AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)`;

/**
 * No job of its kind with equal data is in flight. OFFSET 0 keeps this from becoming a join, so that each row is looked
 * up in the index by user, whatever the plan.
 */
const ALONE = `NOT EXISTS (
  SELECT FROM jobs AS other WHERE other.queue = $1 AND other.user_id = jobs.user_id AND other.name = jobs.name
    AND other.data = jobs.data AND other.id <> jobs.id
    AND (other.status = 'active' OR (other.status = 'waiting' AND other.dispatched_at IS NOT NULL))
  OFFSET 0)`;

/** The condition of the partial index `jobs_suspects`. */
const SUSPECT = `jobs.crashes > 0 AND jobs.status IN ('waiting', 'active')`;

/** A suspect that has not renewed its lease for this long counts as dead, so the next one may start. */
const SUSPECT_SILENT_MS = 3_000;

/**
 * Lets one dispatcher at a time choose for a queue. The lock is a statement of its own, so that the next statement sees
 * what other dispatchers have chosen. It never waits, and the transaction is sent as a whole, so a process that freezes
 * blocks nobody.
 *
 * Sequential scans are off because a plan made for a small table would read all jobs until the next ANALYZE. JIT is off
 * because with many waiting jobs it takes a thousand times as long as the statement itself.
 */
const TAKE_THE_LOCK = `
  SELECT set_config('soul.dispatching', pg_try_advisory_xact_lock(hashtextextended('dispatch of ' || $1, 0))::text, true)::boolean AS ours,
    set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`;

/** Chooses which due jobs may start: by priority, within free slots and the start limit. */
@Injectable()
export class DueJobs {
  constructor(private readonly database: MachineryDatabase) {}

  /**
   * Marks the best due jobs of a queue as dispatched. The start limit is a GCRA row (virtual scheduling, ITU-T I.371)
   * that tolerates one interval of lateness. One statement reads it, chooses jobs and updates it, so they start by
   * priority. Jobs of one kind with equal data (two builds of one user) run one after the other. A job that was running
   * when its process died is a suspect: only one suspect of a queue runs at a time, so that the harmless ones do not
   * die again with one that kills its process.
   * @param room how many the driver takes at most
   * @param ahead how many slots are expected to become free until the jobs arrive
   * @returns undefined while another dispatcher is choosing for the queue
   */
  async takeDue(queue: QueueName, room: number, ahead = 0): Promise<DispatchedJob[] | undefined> {
    const look = { ours: false, taken: [] as DispatchedJob[] };
    await this.database.transaction((tx) => {
      tx.beforeCommit(
        () => ({ sql: TAKE_THE_LOCK, parameters: [queue] }),
        ([row]) => (look.ours = (row as { ours: boolean }).ours),
      );
      tx.beforeCommit(
        () => ({ sql: TAKE, parameters: [queue, intervalMs(queue), room, ahead] }),
        (rows) => (look.taken = [...(rows as DispatchedJob[])]),
      );
      return Promise.resolve();
    });
    if (!look.ours) return undefined;
    return look.taken.sort(
      (a, b) => a.priority - b.priority || a.runAt.getTime() - b.runAt.getTime() || (a.jobId < b.jobId ? -1 : 1),
    );
  }

  /** Dispatches jobs again that no worker took although there are free slots. This is not counted as another start. */
  async takeUnclaimed(queue: QueueName): Promise<DispatchedJob[]> {
    return this.database.query<DispatchedJob>(
      `UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now()
       WHERE id IN (
         SELECT id FROM jobs
         WHERE queue = $1 AND status = 'waiting' AND dispatched_at < now() - ${UNCLAIMED_MS} * interval '1 ms'
           AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)
         ORDER BY priority, run_at, id
         LIMIT (SELECT greatest(0, (
             SELECT coalesce(sum(slots), 0) FROM workers
             WHERE queue = $1 AND seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms'
           ) - (SELECT count(*) FROM jobs WHERE queue = $1 AND status = 'active')))
         FOR UPDATE SKIP LOCKED)
       RETURNING ${DISPATCHED}`,
      [queue],
    );
  }

  /**
   * Milliseconds until a job may start because of the time: until the next `run_at`, or the next start that the limit
   * allows. Undefined when only an event (a free slot, a resume, a new job) can let one start.
   */
  async nextDueInMs(queue: QueueName): Promise<number | undefined> {
    const [, [row]] = await this.database.snapshot((tx) =>
      Promise.all([
        // Forces the index for the first row in this order: before the first ANALYZE PostgreSQL would read and sort all
        // waiting jobs.
        tx.query(`SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)`),
        tx.query<{ due: number | null; allowed: number | null }>(
          `SELECT (SELECT extract(epoch FROM run_at - clock_timestamp())::float8 * 1000 FROM jobs
              WHERE queue = $1 AND status = 'waiting' AND dispatched_at IS NULL ORDER BY run_at LIMIT 1) AS due,
             (SELECT extract(epoch FROM tat - clock_timestamp())::float8 * 1000 FROM limits WHERE queue = $1) AS allowed`,
          [queue],
        ),
      ]),
    );
    if (row?.due == null) return undefined;
    if (row.due > 0) return Math.ceil(row.due);
    const interval = intervalMs(queue);
    const untilAllowed = (row.allowed ?? 0) - interval;
    return interval > 0 && untilAllowed > 0 ? Math.ceil(untilAllowed) : undefined;
  }
}

/** Milliseconds between two starts of a queue; 0 without a limit. */
function intervalMs(queue: QueueName): number {
  const limiter = limiterOf(queue);
  return limiter ? limiter.durationMs / limiter.max : 0;
}

/** $1 queue, $2 milliseconds between two starts, $3 room, $4 slots ahead; chooses nothing without the lock. */
const TAKE = `
  WITH holder AS (
    SELECT current_setting('soul.dispatching')::boolean AS ours
  ), start_limit AS (
    SELECT extract(epoch FROM tat - clock_timestamp()) * 1000 AS ahead FROM limits
    WHERE queue = $1 AND (SELECT ours FROM holder) FOR UPDATE
  ), live AS (
    SELECT coalesce(sum(slots), 0) AS slots,
      coalesce(sum(slots), 0) + least($4::int, ${MOST_AHEAD} * coalesce(sum(slots), 0)) AS open FROM workers
    WHERE workers.queue = $1 AND seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms'
  ), in_flight AS (
    -- What is urgent overtakes what waits at a worker, but not what runs.
    SELECT count(*) AS jobs, count(*) FILTER (WHERE status = 'active' OR priority <= ${PRIORITY.first}) AS before_urgent
    FROM jobs WHERE queue = $1 AND ${IN_FLIGHT}
  ), room AS (
    SELECT greatest(0, least(
        $3::int,
        open - before_urgent,
        CASE WHEN $2::float8 > 0
          THEN floor(($2 - greatest(0, coalesce((SELECT ahead FROM start_limit), 0))) / $2) + 1 END)) AS urgent,
      open - jobs - floor(slots * ${RESERVE}) AS ordinary
    FROM live, in_flight WHERE (SELECT ours FROM holder)
  ), suspect AS (
    SELECT id FROM jobs WHERE ${SUSPECT} AND ${DUE} AND ${ALONE}
      AND NOT EXISTS (
        SELECT FROM jobs WHERE queue = $1 AND ${SUSPECT} AND ${IN_FLIGHT}
          AND (status = 'waiting' OR lease_until > now() + ${LEASE_MS - SUSPECT_SILENT_MS} * interval '1 ms'))
    ORDER BY priority, run_at, id LIMIT 1
  ), due AS (
    SELECT id, user_id, name, data, priority, run_at FROM jobs
    WHERE ${DUE} AND (crashes = 0 OR id = (SELECT id FROM suspect)) AND ${ALONE}
    ORDER BY priority, run_at, id
    LIMIT coalesce((SELECT urgent FROM room), 0)
    FOR UPDATE SKIP LOCKED
  ), picked AS (
    SELECT id FROM (
      SELECT id, priority, row_number() OVER (ORDER BY priority, run_at, id) AS place,
        row_number() OVER (PARTITION BY user_id, name, data ORDER BY priority, run_at, id) AS of_its_kind
      FROM due) AS ranked
    WHERE of_its_kind = 1 AND (priority <= ${PRIORITY.first} OR place <= (SELECT ordinary FROM room))
  ), spent AS (
    INSERT INTO limits (queue, tat)
    SELECT $1, clock_timestamp() + count(*) * $2::float8 * interval '1 ms' FROM picked WHERE $2::float8 > 0 HAVING count(*) > 0
    ON CONFLICT (queue) DO UPDATE
      SET tat = greatest(limits.tat, clock_timestamp()) + (SELECT count(*) FROM picked) * $2::float8 * interval '1 ms'
  )
  UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now() WHERE id = ANY (ARRAY(SELECT id FROM picked))
  RETURNING ${DISPATCHED}`;
