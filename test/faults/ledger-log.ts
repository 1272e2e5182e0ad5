import type { TestDatabase } from '../support/postgres-server.js';

/**
 * What the fault suite's programs record, append-only: without constraints, which could hide a repetition.
 * `job_log` is written by a trigger, so nothing can happen to a job without leaving a line.
 */
export const LOG_TABLES = [
  `CREATE TABLE starts (job_id uuid, claim int, pid int, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE TABLE effects (job_id uuid, piece int, claim int, pid int, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE TABLE outcomes (job_id uuid, kind text, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE TABLE job_log (n bigint GENERATED ALWAYS AS IDENTITY, job_id uuid, status text, crashes int, claim int,
    at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO job_log (job_id, status, crashes, claim) VALUES (NEW.id, NEW.status, NEW.crashes, NEW.claim);
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER note_job AFTER INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION note_job()`,
];

/** What became of the accepted jobs; a clean one is all zeros but for `recovered`. */
export interface Verdict {
  /** Accepted, and not completed with every piece. */
  readonly lost: number;
  /** Pieces, or outcomes, that took effect more than once. */
  readonly duplicated: number;
  /** Effects of jobs that nobody asked for. */
  readonly unexpected: number;
  /** Jobs whose row does not match their effects. */
  readonly halfWritten: number;
  /** Users whose events are not numbered 1, 2, 3 … */
  readonly gaps: number;
  /** Jobs that ended although a run of theirs did not. */
  readonly recovered: number;
}

/**
 * A total-queue checker (after Jepsen's): everything that was accepted comes out, once, and nothing else does.
 * @param accepted ids of the jobs whose enqueueing was answered
 * @param doubtful whether others may be there: a commit whose answer got lost
 */
export async function check(
  database: TestDatabase,
  accepted: ReadonlySet<string>,
  { pieces, doubtful = false }: { readonly pieces: number; readonly doubtful?: boolean },
): Promise<Verdict> {
  const jobs = await database.query(
    `SELECT jobs.id, jobs.status, jobs.items, (SELECT count(DISTINCT piece)::int FROM effects WHERE job_id = jobs.id) AS pieces,
       (SELECT count(*)::int FROM starts WHERE job_id = jobs.id) AS starts FROM jobs`,
  );
  const done = new Set(jobs.filter((job) => job.status === 'completed' && job.pieces === pieces).map((job) => job.id));
  const known = new Set(jobs.map((job) => job.id));
  const [{ duplicated }] = await database.query(
    `SELECT (SELECT count(*) FROM (SELECT FROM effects GROUP BY job_id, piece HAVING count(*) > 1) AS twice)::int
       + (SELECT count(*) FROM (SELECT FROM outcomes WHERE kind = 'completed' GROUP BY job_id HAVING count(*) > 1) AS twice)::int
       AS duplicated`,
  );
  const acted: { job_id: string }[] = await database.query('SELECT DISTINCT job_id FROM effects');
  const [{ gaps }] = await database.query(
    `SELECT count(*)::int AS gaps FROM (SELECT user_id FROM events GROUP BY user_id
       HAVING min(seq) <> 1 OR max(seq) <> count(*) OR max(seq) <> (SELECT seq FROM users WHERE id = user_id)) AS users`,
  );
  return {
    lost: [...accepted].filter((id) => !done.has(id)).length,
    duplicated,
    unexpected: acted.filter(({ job_id: id }) => !(doubtful ? known : accepted).has(id)).length,
    halfWritten: jobs.filter((job) => job.items !== job.pieces).length,
    gaps,
    recovered: jobs.filter((job) => job.status === 'completed' && job.starts > 1).length,
  };
}
