import { LEASE_MS } from './claim-fence.js';
import { LAST_CHANCE_CRASHES } from './job-recovery.js';
import { PRIORITY } from './jobs.js';
import { LANES, LINE, WAITS } from './lines.js';
import { WORKER_LIFE_MS } from './worker-registry.js';

/** The share of slots reserved for the first priority, in case long runs hold all others. */
const RESERVE = 0.1;

/** The share of slots that no single platform may hold, at least one of several, in case its runs are slow. */
const FOR_OTHERS = 0.2;

/** The most jobs handed out beyond the free slots, as a multiple of all slots, however quickly slots become free. */
const MOST_AHEAD = 3;

/**
 * How quickly a line that was closed opens: one job more may be in flight after each such time. Whoever waited comes
 * back in order, and few start in vain if the provider refuses again.
 */
const OPENING_MS = 1_000;

/** The columns of a `DispatchedJob`. */
export const DISPATCHED = `jobs.id AS "jobId", jobs.name, jobs.dispatch, jobs.user_id AS "userId", jobs.platform, jobs.priority, jobs.run_at AS "runAt"`;

const IN_FLIGHT = `(jobs.status = 'active' OR (jobs.status = 'waiting' AND jobs.dispatched_at IS NOT NULL))`;

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
export const SUSPECT_SILENT_MS = 3_000;

const LAST_CHANCE = `jobs.crashes >= ${LAST_CHANCE_CRASHES}`;

/**
 * Chooses due jobs of a queue and marks them as dispatched. $1 queue, $2 milliseconds between two starts, $3 room,
 * $4 slots ahead, $5 tolerance in milliseconds; chooses nothing without the lock. The start limit is never further ahead
 * than the tolerance and one start: more is left from before the database's clock stepped back or the limit was raised,
 * and is cut off.
 */
export const TAKE = `
  WITH RECURSIVE holder AS (
    SELECT current_setting('soul.dispatching')::boolean AS ours
  ), start_limit AS (
    SELECT extract(epoch FROM tat - clock_timestamp()) * 1000 AS ahead FROM limits
    WHERE queue = $1 AND (SELECT ours FROM holder) FOR UPDATE
  ), excess AS (
    SELECT ahead > $5::float8 + $2::float8 AS cut FROM start_limit
  ), live AS (
    SELECT coalesce(sum(slots), 0) AS slots,
      coalesce(sum(slots), 0) + least($4::int, ${MOST_AHEAD} * coalesce(sum(slots), 0)) AS open FROM workers
    WHERE workers.queue = $1 AND seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms'
  ), in_flight AS (
    -- What is urgent overtakes what waits at a worker, but not what runs.
    SELECT line, count(*) AS jobs, count(*) FILTER (WHERE status = 'active' OR priority <= ${PRIORITY.first}) AS before_urgent,
      count(*) FILTER (WHERE suspect) AS suspects, count(*) FILTER (WHERE suspect AND last_chance) AS last_chances,
      max(started_at) AS last_start
    FROM (
      SELECT ${LINE} AS line, status, priority, coalesce(dispatched_at, claimed_at) AS started_at, ${LAST_CHANCE} AS last_chance, ${SUSPECT}
        AND (status = 'waiting' OR lease_until > now() + ${LEASE_MS - SUSPECT_SILENT_MS} * interval '1 ms') AS suspect
      FROM jobs WHERE queue = $1 AND ${IN_FLIGHT}) AS jobs
    GROUP BY line
  ), busy AS (
    SELECT coalesce(sum(jobs), 0) AS jobs, coalesce(sum(before_urgent), 0) AS before_urgent,
      coalesce(sum(suspects), 0) AS suspects, coalesce(sum(last_chances), 0) AS last_chances,
      max(last_start) AS last_start FROM in_flight
  ), spent_ahead AS (
    -- Where the row of the limit is missing, the newest start that can be seen counts: of what is in flight, has ended since
    -- or waits again. It is stored, so that this is looked for once.
    SELECT greatest(0, coalesce((SELECT ahead FROM start_limit), (
        SELECT CASE WHEN max(at) > clock_timestamp() THEN $2::float8
          ELSE extract(epoch FROM max(at) - clock_timestamp()) * 1000 + $2::float8 END
        FROM (
          SELECT last_start AS at FROM busy
          UNION ALL SELECT max(greatest(dispatched_at, claimed_at)) FROM jobs
            WHERE queue = $1 AND finished_at > now() - $2::float8 * interval '1 ms'
          UNION ALL SELECT max(claimed_at) FROM jobs WHERE ${WAITS}) AS starts))) AS ms
  ), room AS (
    SELECT greatest(0, least(
        $3::int,
        open - before_urgent,
        CASE WHEN $2::float8 > 0
          THEN floor(($5::float8 - (SELECT ms FROM spent_ahead)) / $2) + 1 END)) AS urgent,
      open - jobs - floor(slots * ${RESERVE}) AS ordinary,
      open - floor(slots * ${RESERVE}) - CASE WHEN slots > 1 THEN greatest(1, floor(slots * ${FOR_OTHERS})) ELSE 0 END AS of_line
    FROM live, busy WHERE (SELECT ours FROM holder)
      AND NOT EXISTS (SELECT FROM queues WHERE queues.name = $1 AND paused_at IS NOT NULL)
  ), ${LANES}, open_lanes AS (
    SELECT lanes.line, lanes.priority, greatest(0, least(
        urgent,
        1 + floor(extract(epoch FROM now() - closed_until) * 1000 / ${OPENING_MS}) - coalesce(in_flight.jobs, 0),
        CASE WHEN lanes.priority > ${PRIORITY.first} THEN ordinary END,
        CASE WHEN lanes.priority > ${PRIORITY.first} AND lanes.line <> '' THEN of_line - coalesce(in_flight.jobs, 0) END)) AS room
    FROM room, lanes LEFT JOIN in_flight ON in_flight.line = lanes.line
      LEFT JOIN queue_lines ON queue_lines.queue = $1 AND queue_lines.line = lanes.line
    WHERE coalesce(closed_until, '-infinity') <= now()
  ), best_suspects AS (
    SELECT DISTINCT ON (${LINE}) jobs.id, jobs.priority, jobs.run_at, ${LAST_CHANCE} AS last_chance
    FROM busy, jobs LEFT JOIN in_flight ON in_flight.line = ${LINE}
    WHERE ${SUSPECT} AND ${WAITS} AND run_at <= now() AND ${ALONE} AND coalesce(in_flight.suspects, 0) = 0
      AND EXISTS (SELECT FROM open_lanes WHERE open_lanes.line = ${LINE} AND open_lanes.priority = jobs.priority AND room > 0)
      AND busy.last_chances = 0 AND (busy.suspects = 0 OR NOT ${LAST_CHANCE})
    ORDER BY ${LINE}, ${LAST_CHANCE} DESC, jobs.priority, jobs.run_at, jobs.id
  ), suspects AS (
    -- The one at its last chance goes alone.
    SELECT id FROM (
      SELECT id, last_chance, row_number() OVER (ORDER BY last_chance DESC, priority, run_at, id) AS place,
        bool_or(last_chance) OVER () AS alone FROM best_suspects) AS best
    WHERE place = 1 OR NOT alone
  ), due AS (
    SELECT job.*, open_lanes.line, open_lanes.room FROM open_lanes, LATERAL (
      SELECT id, user_id, name, data, priority, run_at FROM jobs
      WHERE ${WAITS} AND ${LINE} = open_lanes.line AND priority = open_lanes.priority AND run_at <= now()
        AND (crashes = 0 OR id IN (SELECT id FROM suspects)) AND ${ALONE}
      ORDER BY run_at, id
      LIMIT open_lanes.room
      FOR UPDATE SKIP LOCKED) AS job
  ), ranked AS (
    SELECT id, priority, run_at, room, row_number() OVER (PARTITION BY line ORDER BY priority, run_at, id) AS place_in_line,
      row_number() OVER (PARTITION BY user_id, name, data ORDER BY priority, run_at, id) AS of_its_kind
    FROM due
  ), picked AS (
    SELECT id FROM (
      SELECT id, priority, row_number() OVER (ORDER BY priority, run_at, id) AS place FROM ranked
      WHERE of_its_kind = 1 AND place_in_line <= room) AS kept
    WHERE place <= (SELECT urgent FROM room) AND (priority <= ${PRIORITY.first} OR place <= (SELECT ordinary FROM room))
  ), spent AS (
    INSERT INTO limits (queue, tat)
    SELECT $1, clock_timestamp() + ((SELECT ms FROM spent_ahead) + count(*) * $2::float8) * interval '1 ms'
    FROM picked WHERE $2::float8 > 0
    HAVING count(*) > 0 OR (SELECT cut FROM excess)
      OR (NOT EXISTS (SELECT FROM start_limit) AND (SELECT ours FROM holder))
    ON CONFLICT (queue) DO UPDATE
      SET tat = greatest(least(limits.tat, clock_timestamp() + ($5::float8 + $2::float8) * interval '1 ms'), clock_timestamp())
        + (SELECT count(*) FROM picked) * $2::float8 * interval '1 ms'
  )
  UPDATE jobs SET dispatch = dispatch + 1, dispatched_at = now() WHERE id = ANY (ARRAY(SELECT id FROM picked))
  RETURNING ${DISPATCHED}`;
