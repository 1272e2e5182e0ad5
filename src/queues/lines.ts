/**
 * The line of a job: all of its platform's jobs wait in it, whatever the others do. Jobs without a platform share the
 * empty one. It is an expression of the index `jobs_due`.
 */
export const LINE = `coalesce(jobs.platform, '')`;

/** What waits in queue $1 and has not been handed out: the condition of the index `jobs_due`. */
export const WAITS = `jobs.queue = $1 AND jobs.status = 'waiting' AND jobs.dispatched_at IS NULL`;

/**
 * A recursive CTE of the lanes of queue $1, which are the priorities of its lines. It asks the index for one lane after
 * the other, so it costs as much as there are lanes, however many jobs wait in them.
 */
export const LANES = `lanes (line, priority) AS (
    (SELECT ${LINE}, priority FROM jobs WHERE ${WAITS} ORDER BY ${LINE}, priority LIMIT 1)
    UNION ALL
    SELECT next.line, next.priority FROM lanes, LATERAL (
      SELECT ${LINE} AS line, jobs.priority FROM jobs
      WHERE ${WAITS} AND (${LINE}, jobs.priority) > (lanes.line, lanes.priority)
      ORDER BY ${LINE}, jobs.priority LIMIT 1) AS next
  )`;

/** The reason for those who wait in a closed line, where the problem is not known. */
export const LINE_CLOSED = 'The platform allows no requests for now';

/** The reason of a closed line in words, which is the same for all who wait in it. */
export const LINE_REASON = `coalesce(queue_lines.problem->>'message', '${LINE_CLOSED}')`;

/** Closes line $2 of queue $1 for $3 milliseconds, because of problem $4; a line is never opened by this. */
export const CLOSE_LINE = `
  INSERT INTO queue_lines (queue, line, closed_at, closed_until, problem)
  VALUES ($1, $2, now(), now() + $3::float8 * interval '1 ms', $4::jsonb)
  ON CONFLICT (queue, line) DO UPDATE
    SET closed_at = excluded.closed_at, closed_until = excluded.closed_until, problem = excluded.problem
  WHERE queue_lines.closed_until < excluded.closed_until`;

/** What waits for a provider ends after this long since it was first due. */
export const PROVIDER_WAIT = `interval '1 day'`;
