import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { limiterOf, PRIORITY, type JobName, type QueuedJob, type QueueName } from './jobs.js';
import { LEASE_MS } from './job-ledger.js';
import { WORKER_LIFE_MS } from './worker-registry.js';

/** A hint that no worker took for this long was lost on its way. */
const UNCLAIMED_MS = 5_000;

/** The share of the slots that only the first priority may take, so that it finds one even when long runs hold the rest. */
const RESERVE = 0.1;

/** However quickly slots become free, no more than this multiple of them waits at workers. */
const MOST_AHEAD = 3;

/** A row chosen to run now. */
export type Dispatched = QueuedJob & { readonly name: JobName; readonly priority: number; readonly runAt: Date };

const DISPATCHED = `jobs.id AS "jobId", jobs.name, jobs.dispatch, jobs.user_id AS "userId", jobs.platform, jobs.priority, jobs.run_at AS "runAt"`;

const IN_FLIGHT = `(jobs.status = 'active' OR (jobs.status = 'waiting' AND jobs.dispatched_at IS NOT NULL))`;

/** May start, as far as its queue and its time are concerned. */
const DUE = `jobs.queue = $1 AND jobs.status = 'waiting' AND jobs.dispatched_at IS NULL AND jobs.run_at <= now()
  AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)`;

/** No other job of its kind is under way for its user. */
const ALONE = `NOT EXISTS (
  SELECT FROM jobs AS other WHERE other.user_id = jobs.user_id AND other.name = jobs.name
    AND other.platform IS NOT DISTINCT FROM jobs.platform AND other.id <> jobs.id
    AND (other.status = 'active' OR (other.status = 'waiting' AND other.dispatched_at IS NOT NULL)))`;

const SUSPECT = 'jobs.crashes > 0';

/** One that has not renewed its lease for this long is dead with its process, and does no harm to others any more. */
const SUSPECT_SILENT_MS = 3_000;

/** Chooses which due rows may start: best priority first, within the slots and the starts a window allows. */
@Injectable()
export class JobDispatch {
  constructor(private readonly database: Database) {}

  /**
   * Marks the best due jobs of a queue as dispatched. The start limit is a GCRA row (virtual scheduling, ITU-T I.371)
   * that tolerates one interval of lateness; it is read, spent and paid for in this one statement, so any number of
   * dispatchers share it, and priority holds under it. Jobs of one kind for one user (two builds) run one after the
   * other. Suspects are not among them.
   * @param room how many the driver takes at most
   * @param ahead how many slots will have become free by the time the jobs arrive
   */
  async takeDue(queue: QueueName, room: number, ahead = 0): Promise<Dispatched[]> {
    const interval = intervalMs(queue);
    const rows = await this.database.query<Dispatched>(
      `WITH start_limit AS (
         SELECT extract(epoch FROM tat - clock_timestamp()) * 1000 AS ahead FROM limits WHERE queue = $1 FOR UPDATE
       ), live AS (
         SELECT coalesce(sum(slots), 0) AS slots,
           coalesce(sum(slots), 0) + least($4::int, ${MOST_AHEAD} * coalesce(sum(slots), 0)) AS open FROM workers
         WHERE workers.queue = $1 AND seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms'
       ), in_flight AS (
         SELECT count(*) AS jobs FROM jobs WHERE queue = $1 AND ${IN_FLIGHT}
       ), room AS (
         SELECT greatest(0, least(
             $3::int,
             open - jobs,
             CASE WHEN $2::float8 > 0
               THEN floor(($2 - greatest(0, coalesce((SELECT ahead FROM start_limit), 0))) / $2) + 1 END)) AS urgent,
           open - jobs - floor(slots * ${RESERVE}) AS ordinary
         FROM live, in_flight
       ), due AS (
         SELECT id, priority, run_at FROM jobs
         WHERE ${DUE}
           AND crashes = 0 AND ${ALONE}
         ORDER BY priority, run_at, id
         LIMIT (SELECT urgent FROM room)
         FOR UPDATE SKIP LOCKED
       ), picked AS (
         SELECT id FROM (SELECT id, priority, row_number() OVER (ORDER BY priority, run_at, id) AS place FROM due) AS ranked
         WHERE priority <= ${PRIORITY.first} OR place <= (SELECT ordinary FROM room)
       ), spent AS (
         INSERT INTO limits (queue, tat)
         SELECT $1, clock_timestamp() + count(*) * $2::float8 * interval '1 ms' FROM picked WHERE $2::float8 > 0 HAVING count(*) > 0
         ON CONFLICT (queue) DO UPDATE
           SET tat = greatest(limits.tat, clock_timestamp()) + (SELECT count(*) FROM picked) * $2::float8 * interval '1 ms'
       )
       UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now() WHERE id = ANY (ARRAY(SELECT id FROM picked))
       RETURNING ${DISPATCHED}`,
      [queue, interval, room, ahead],
    );
    return rows.sort(
      (a, b) => a.priority - b.priority || a.runAt.getTime() - b.runAt.getTime() || (a.jobId < b.jobId ? -1 : 1),
    );
  }

  /** Where `takeSuspect` may find one; nearly always nowhere. */
  async queuesWithSuspects(): Promise<QueueName[]> {
    const rows = await this.database.query<{ queue: QueueName }>(
      `SELECT DISTINCT queue FROM jobs WHERE ${SUSPECT} AND status IN ('waiting', 'active')`,
    );
    return rows.map(({ queue }) => queue);
  }

  /**
   * A job that was running when its process died is a suspect. One of a queue at a time is let out, so that the innocent
   * neighbours of a poisonous one do not die with it again. Dispatchers take turns under a lock that ends with the
   * transaction: what the one before decided is seen by the next. Its start was allowed before and counts once more, but
   * does not wait for the limit.
   */
  async takeSuspect(queue: QueueName): Promise<Dispatched[]> {
    return this.database.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('suspects of ' || $1))`, [queue]);
      const taken = await tx.query<Dispatched>(
        `UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now() WHERE id = (
           SELECT id FROM jobs WHERE ${SUSPECT} AND status IN ('waiting', 'active') AND ${DUE} AND ${ALONE}
             AND NOT EXISTS (
               SELECT FROM jobs WHERE queue = $1 AND ${SUSPECT} AND status IN ('waiting', 'active') AND ${IN_FLIGHT}
                 AND (status = 'waiting' OR lease_until > now() + ${LEASE_MS - SUSPECT_SILENT_MS} * interval '1 ms'))
           ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING ${DISPATCHED}`,
        [queue],
      );
      if (taken.length > 0) {
        await tx.query(
          `UPDATE limits SET tat = greatest(tat, clock_timestamp()) + $2::float8 * interval '1 ms' WHERE queue = $1`,
          [queue, intervalMs(queue)],
        );
      }
      return taken;
    });
  }

  /** Hints again at what no worker took; the start was paid for the first time. */
  async takeUnclaimed(queue: QueueName): Promise<Dispatched[]> {
    return this.database.query<Dispatched>(
      `UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now()
       WHERE id IN (
         SELECT id FROM jobs
         WHERE queue = $1 AND status = 'waiting' AND dispatched_at < now() - ${UNCLAIMED_MS} * interval '1 ms'
           AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)
         FOR UPDATE SKIP LOCKED)
       RETURNING ${DISPATCHED}`,
      [queue],
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
       FROM jobs WHERE queue = $1 AND status = 'waiting' AND dispatched_at IS NULL`,
      [queue],
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
