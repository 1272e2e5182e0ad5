import { Injectable } from '@nestjs/common';
import { MachineryDatabase } from '../database/database.js';
import { limiterOf, type QueueName } from './jobs.js';
import { LANES, LINE, WAITS } from './lines.js';
import type { DispatchedJob } from './queued-job.js';
import { DISPATCHED, TAKE } from './take-due.js';
import { WORKER_LIFE_MS } from './worker-registry.js';

/** A hint that no worker has taken for this long counts as lost. */
const UNCLAIMED_MS = 5_000;

/** Starts that are further apart are not missed by looking a little late. */
const SLOW_MS = 1_000;

/** How late a look may be without a start being lost for good. */
const LATE_MS = 100;

/** A dispatch in the future is from before the database's clock stepped back, so it counts as long ago. */
const UNCLAIMED = `(dispatched_at < now() - ${UNCLAIMED_MS} * interval '1 ms' OR dispatched_at > now() + ${UNCLAIMED_MS} * interval '1 ms')`;

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

/** Chooses which due jobs may start: by priority, within free slots, the start limit and what is open to their line. */
@Injectable()
export class DueJobs {
  constructor(private readonly database: MachineryDatabase) {}

  /**
   * Marks the best due jobs of a queue as dispatched. The start limit is a GCRA row (virtual scheduling, ITU-T I.371),
   * see `paceOf`. One statement reads it, chooses jobs and updates it, so they start by priority. Jobs of one kind with
   * equal data (two builds of one user) run one after the other.
   *
   * Each platform's jobs are a line of their own: a closed line starts nothing, and no line holds all slots. A job that
   * was running when its process died is a suspect: one suspect of a line runs at a time, and one that would be poison
   * the next time runs without any other, so that the harmless ones do not die again with one that kills its process.
   * @param room how many the driver takes at most
   * @param ahead how many slots are expected to become free until the jobs arrive
   * @returns undefined while another dispatcher is choosing for the queue
   */
  async takeDue(queue: QueueName, room: number, ahead = 0): Promise<DispatchedJob[] | undefined> {
    const look = { ours: false, taken: [] as DispatchedJob[] };
    const { intervalMs, toleranceMs } = paceOf(queue);
    await this.database.transaction((tx) => {
      tx.beforeCommit(
        () => ({ sql: TAKE_THE_LOCK, parameters: [queue] }),
        ([row]) => (look.ours = (row as { ours: boolean }).ours),
      );
      tx.beforeCommit(
        () => ({ sql: TAKE, parameters: [queue, intervalMs, room, ahead, toleranceMs] }),
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
         WHERE queue = $1 AND status = 'waiting' AND ${UNCLAIMED}
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
   * Milliseconds until a job may start because of the time: until the next `run_at`, the opening of a line, or the next
   * start that the limit allows. Undefined when only an event (a free slot, a resume, a new job) can let one start.
   */
  async nextDueInMs(queue: QueueName): Promise<number | undefined> {
    const [, [row]] = await this.database.snapshot((tx) =>
      Promise.all([
        // Forces the index for the first rows in this order: before the first ANALYZE PostgreSQL would read and sort all
        // waiting jobs.
        tx.query(`SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)`),
        tx.query<{ due: boolean | null; later: number | null; allowed: number | null }>(NEXT, [queue]),
      ]),
    );
    const { intervalMs, toleranceMs } = paceOf(queue);
    const untilAllowed = Math.min((row?.allowed ?? 0) - toleranceMs, intervalMs);
    const times = [row?.later, row?.due && untilAllowed > 0 ? untilAllowed : null];
    const next = Math.min(...times.filter((time) => time != null));
    return Number.isFinite(next) ? Math.ceil(next) : undefined;
  }
}

/**
 * A queue's start limit in milliseconds: from one start to the next (0 without a limit), and how far ahead of that a start
 * may be. Dispatchers look a little late, so without tolerance a quick limit would not be reached. It is one start, or
 * what a tenth of a second or of the window holds if that is more. A slow limit needs none, and one start per window
 * has none.
 */
function paceOf(queue: QueueName): { intervalMs: number; toleranceMs: number } {
  const limiter = limiterOf(queue);
  if (!limiter) return { intervalMs: 0, toleranceMs: 0 };
  const { max, durationMs } = limiter;
  const intervalMs = durationMs / max;
  if (max === 1 || intervalMs >= SLOW_MS) return { intervalMs, toleranceMs: 0 };
  return { intervalMs, toleranceMs: Math.max(intervalMs, Math.min(LATE_MS, durationMs / 10)) };
}

/** Of the lanes of queue $1: whether a job is due in one, and the milliseconds until one is in another. */
const NEXT = `
  WITH RECURSIVE ${LANES}, starts AS (
    SELECT extract(epoch FROM greatest(first.run_at, closed_until) - clock_timestamp())::float8 * 1000 AS ms
    FROM lanes LEFT JOIN queue_lines ON queue_lines.queue = $1 AND queue_lines.line = lanes.line, LATERAL (
      SELECT run_at FROM jobs WHERE ${WAITS} AND ${LINE} = lanes.line AND priority = lanes.priority
      ORDER BY run_at LIMIT 1) AS first
  )
  SELECT bool_or(ms <= 0) AS due, min(ms) FILTER (WHERE ms > 0) AS later,
    (SELECT extract(epoch FROM tat - clock_timestamp())::float8 * 1000 FROM limits WHERE queue = $1) AS allowed
  FROM starts`;
