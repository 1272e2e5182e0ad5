import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { jobsIn, policyOf, type JobName, type QueuedJob, type QueueName } from './jobs.js';

/** A hint that no worker took for this long was lost on its way. */
const UNCLAIMED_MS = 5_000;

/** A row chosen to run now. */
export type Dispatched = QueuedJob & { readonly name: JobName; readonly priority: number };

const DISPATCHED = `jobs.id AS "jobId", jobs.name, jobs.dispatch, jobs.user_id AS "userId", jobs.platform, jobs.priority`;

/** Chooses which due rows may start: best priority first, within the slots and the starts a window allows. */
@Injectable()
export class JobDispatch {
  constructor(private readonly database: Database) {}

  /**
   * Marks the best due jobs of a queue as dispatched. The start limit is a GCRA row (virtual scheduling, ITU-T I.371)
   * that tolerates one interval of lateness; it is read, spent and paid for in this one statement, so any number of
   * dispatchers share it, and priority holds under it.
   */
  async takeDue(queue: QueueName): Promise<Dispatched[]> {
    const names = jobsIn(queue);
    const policies = names.map(policyOf);
    const slots = Math.max(...policies.map((policy) => policy.slots));
    const interval = intervalMs(queue);
    const rows = await this.database.query<Dispatched>(
      `WITH start_limit AS (
         SELECT extract(epoch FROM tat - clock_timestamp()) * 1000 AS ahead FROM limits WHERE queue = $1 FOR UPDATE
       ), room AS (
         SELECT greatest(0, least(
           $3::int - (SELECT count(*) FROM jobs WHERE name = ANY($2)
                        AND (status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL))),
           CASE WHEN $4::float8 > 0
             THEN floor(($4 - greatest(0, coalesce((SELECT ahead FROM start_limit), 0))) / $4) + 1 END)) AS n
       ), picked AS (
         SELECT id FROM jobs
         WHERE name = ANY($2) AND status = 'waiting' AND dispatched_at IS NULL AND run_at <= now()
           AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)
         ORDER BY priority, run_at, id
         LIMIT (SELECT n FROM room)
         FOR UPDATE SKIP LOCKED
       ), spent AS (
         INSERT INTO limits (queue, tat)
         SELECT $1, clock_timestamp() + count(*) * $4::float8 * interval '1 ms' FROM picked WHERE $4::float8 > 0 HAVING count(*) > 0
         ON CONFLICT (queue) DO UPDATE
           SET tat = greatest(limits.tat, clock_timestamp()) + (SELECT count(*) FROM picked) * $4::float8 * interval '1 ms'
       )
       UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now() FROM picked WHERE jobs.id = picked.id
       RETURNING ${DISPATCHED}`,
      [queue, names, slots, interval],
    );
    return rows.sort((a, b) => a.priority - b.priority);
  }

  /** Hints again at what no worker took; the start was paid for the first time. */
  async takeUnclaimed(queue: QueueName): Promise<Dispatched[]> {
    return this.database.query<Dispatched>(
      `UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now()
       WHERE name = ANY($2) AND status = 'waiting' AND dispatched_at < now() - ${UNCLAIMED_MS} * interval '1 ms'
         AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)
       RETURNING ${DISPATCHED}`,
      [queue, jobsIn(queue)],
    );
  }

  /**
   * Milliseconds until something may become startable by time alone: the next `run_at`, or the next start that the
   * limit allows. Undefined when only an event (a free slot, a resume, a new job) can change anything.
   */
  async nextDueInMs(queue: QueueName): Promise<number | undefined> {
    const [row] = await this.database.query<{ due: number | null; allowed: number | null }>(
      `SELECT extract(epoch FROM min(run_at) - clock_timestamp())::float8 * 1000 AS due,
         (SELECT extract(epoch FROM tat - clock_timestamp())::float8 * 1000 FROM limits WHERE queue = $1) AS allowed
       FROM jobs WHERE name = ANY($2) AND status = 'waiting' AND dispatched_at IS NULL`,
      [queue, jobsIn(queue)],
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
  const limiter = jobsIn(queue)
    .map(policyOf)
    .find((policy) => policy.limiter)?.limiter;
  return limiter ? limiter.durationMs / limiter.max : 0;
}
