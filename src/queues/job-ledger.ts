import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import { byPerson, FENCE, fenced, hasStatus, LEASE_UNTIL, PAST, SHARED_LIMITS } from './claim-fence.js';
import { describeError, type JobProblem, RATE_LIMITED } from './errors.js';
import { Gatherer } from './gatherer.js';
import { JobClaims } from './job-claims.js';
import { JOB_COLUMNS, type Job, type JobWarning } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { definitionOf, type JobData, type JobName, type JobResult } from './jobs.js';
import { CLOSE_LINE, PROVIDER_WAIT } from './lines.js';
import type { QueuedJob } from './queued-job.js';

/** What a run has done since its last checkpoint. */
export interface Checkpoint {
  /** JSON from which the work can go on; only one that differs from the last resets attempts and crashes. */
  readonly checkpoint: unknown;
  /** 0 to 100; never lowers what is stored. */
  readonly progress: number;
  /** Added to the job's count; a function is called after the write, where only that shows how many there are. */
  readonly items: number | (() => number);
  readonly warnings: readonly JobWarning[];
}

/**
 * The rows of all jobs, the only source of their state. Every write of a run is checked against its claim, so a worker
 * that lost its claim changes nothing. All times are the database's; clocks of machines are never compared.
 */
@Injectable()
export class JobLedger {
  private readonly claims: JobClaims;
  private readonly completions: Gatherer<Completed, Job>;

  constructor(
    private readonly database: Database,
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {
    this.claims = new JobClaims(database, observers);
    this.completions = new Gatherer(
      (completed) => this.completeTogether(completed),
      (completed) => this.completeAlone(completed),
    );
  }

  /**
   * Claims a dispatched job for one run. Undefined for a paused queue and for an old hint: Bull redelivers the hint of
   * a dead worker, but when its job starts again is decided by the dispatcher.
   */
  claim<Name extends JobName>(name: Name, hint: Pick<QueuedJob, 'jobId' | 'dispatch'>): Promise<Job<Name> | undefined> {
    return this.claims.claim({ ...hint, name }) as Promise<Job<Name> | undefined>; // A claim checks the name.
  }

  /**
   * Raises the progress of a run that has nothing to store yet.
   * @returns the stored progress: an earlier run may have got further
   */
  async progress(job: Job, progress: number): Promise<number> {
    const [row] = await this.database.query<{ progress: number }>(
      `UPDATE jobs SET progress = greatest(progress, $3) WHERE ${FENCE} RETURNING progress`,
      [job.id, job.claim, progress],
    );
    if (!row) throw fenced(job);
    return row.progress;
  }

  /**
   * Stores a piece of work and its checkpoint in one transaction. A new checkpoint resets the counts of attempts and
   * crashes.
   * @returns the job's counts after the write
   */
  saveCheckpoint(
    job: Job,
    { checkpoint, progress, items, warnings }: Checkpoint,
    write: (tx: Transaction) => Promise<void>,
  ) {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query<Pick<Job, 'progress' | 'items' | 'attemptsMade'>>(
        `UPDATE jobs SET checkpoint = $3, progress = greatest(progress, $4), items = items + $5, warnings = warnings || $6::jsonb,
           attempts_made = CASE WHEN checkpoint IS DISTINCT FROM $3::jsonb THEN 0 ELSE attempts_made END,
           crashes = CASE WHEN checkpoint IS DISTINCT FROM $3::jsonb THEN 0 ELSE crashes END,
           snoozes = CASE WHEN checkpoint IS DISTINCT FROM $3::jsonb THEN 0 ELSE snoozes END,
           first_due_at = CASE WHEN checkpoint IS DISTINCT FROM $3::jsonb THEN now() ELSE first_due_at END,
           lease_until = ${LEASE_UNTIL}
         WHERE ${FENCE} RETURNING progress, items, attempts_made AS "attemptsMade"`,
        [
          job.id,
          job.claim,
          storableJson(checkpoint),
          progress,
          typeof items === 'number' ? items : 0,
          storableJson(warnings),
        ],
      );
      if (!row) throw fenced(job);
      await write(tx);
      if (typeof items === 'number') return row;
      const counted = items();
      await tx.query('UPDATE jobs SET items = items + $2 WHERE id = $1', [job.id, counted]);
      return { ...row, items: row.items + counted };
    });
  }

  /** Stores work that belongs to no checkpoint, and renews the lease. */
  write(job: Job, work: (tx: Transaction) => Promise<void>): Promise<void> {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query(`UPDATE jobs SET lease_until = ${LEASE_UNTIL} WHERE ${FENCE} RETURNING id`, [
        job.id,
        job.claim,
      ]);
      if (!row) throw fenced(job);
      await work(tx);
    });
  }

  /**
   * Completes the job; what follows from it is stored in the same transaction. Jobs that complete together share one,
   * except the members of a batch, of which each looks whether it is the last, and the deletion of an account, whose last
   * rows go with it.
   */
  complete<Name extends JobName>(job: Job<Name>, result: JobResult<Name>): Promise<Job<Name>> {
    const completed = { job, result };
    const done =
      job.batchId === null && job.name !== 'delete-account'
        ? this.completions.ask(completed)
        : this.completeAlone(completed);
    return done as Promise<Job<Name>>; // The row of this job.
  }

  private completeTogether(completed: readonly Completed[]): Promise<readonly (Job | undefined)[]> {
    return this.database.transaction(async (tx) => {
      const columns = [
        completed.map(({ job }) => job.id),
        completed.map(({ job }) => job.claim),
        completed.map(({ result }) => storableJson(result)),
      ];
      const [, rows] = await Promise.all([tx.query(SHARED_LIMITS), tx.query<Job>(COMPLETE_TOGETHER, columns)]);
      for (const row of rows.sort(byPerson)) {
        await this.completed(tx, row);
        this.signalEnd(tx, row);
      }
      // An earlier run of the same job may not have noticed yet that it lost its claim.
      const byClaim = new Map(rows.map((row) => [`${row.id} ${row.claim}`, row]));
      return completed.map(({ job }) => byClaim.get(`${job.id} ${job.claim}`));
    }, 'vital');
  }

  private completeAlone({ job, result }: Completed): Promise<Job> {
    return this.endRun(job, `${AS_COMPLETED}, result = $3`, [storableJson(result)], (tx, row) =>
      this.completed(tx, row),
    );
  }

  private completed(tx: Transaction, row: Job): Promise<void> {
    // The result was stored with the row.
    return this.observers.transition(tx, row, { kind: 'completed', result: row.result as JobResult });
  }

  /** The attempt failed; the next one starts after `delayMs`. */
  retry(job: Job, error: unknown, delayMs: number): Promise<Job> {
    const { code, message, stack, problem } = describeError(error);
    return this.endRun(
      job,
      `status = 'waiting', attempts_made = attempts_made + 1, run_at = now() + $3::int * interval '1 ms',
       error_code = $4, error_message = $5, error_stack = $6, problem = $7::jsonb`,
      [delayMs, code, message, stack, stored(problem)],
      (tx, row) =>
        this.observers.transition(tx, row, {
          kind: 'failed',
          error: { code, message },
          attempt: row.attemptsMade,
          willRetry: true,
          retryAt: row.runAt,
        }),
    );
  }

  /** The job failed for good and becomes a dead letter, with its error, stack, attempts and checkpoint. */
  fail(job: Job, error: unknown): Promise<Job> {
    const { code, message, stack, problem } = describeError(error);
    return this.endRun(
      job,
      `status = 'failed', attempts_made = attempts_made + 1, finished_at = now(),
       error_code = $3, error_message = $4, error_stack = $5, problem = $6::jsonb`,
      [code, message, stack, stored(problem)],
      (tx, row) =>
        this.observers.transition(tx, row, {
          kind: 'failed',
          error: { code, message },
          attempt: row.attemptsMade,
          willRetry: false,
        }),
    );
  }

  /**
   * Waits until a time that a provider named or other work needs, without spending an attempt; times are by the clock of
   * this process. What waits for a provider ends a day after it was first due.
   * @param lineUntil closes the job's line until then; a job that can go on with its line keeps its place in it
   */
  snooze(job: Job, error: unknown, until: Date, lineUntil?: Date): Promise<Job> {
    const { code, message, problem } = describeError(error);
    const now = Date.now();
    const msUntil = (time: Date) => Math.max(0, time.getTime() - now);
    const keepsPlace = lineUntil !== undefined && lineUntil >= until;
    const then = `now() + $3::float8 * interval '1 ms'`;
    return this.endRun(
      job,
      `status = 'waiting', run_at = ${keepsPlace ? 'run_at' : then}, snoozed_until = ${then}, error_code = $4,
       error_message = $5, problem = $6::jsonb${code === RATE_LIMITED ? `, snoozes = snoozes + 1, expires_at = first_due_at + ${PROVIDER_WAIT}` : ''}`,
      [msUntil(until), code, message, stored(problem)],
      (tx, row) => {
        if (lineUntil) tx.withCommit(CLOSE_LINE, [row.queue, row.platform ?? '', msUntil(lineUntil), stored(problem)]);
        const retryAt = row.snoozedUntil ?? row.runAt;
        return this.observers.transition(tx, row, { kind: 'delayed', code, reason: message, retryAt });
      },
    );
  }

  /** Lets the job with these data look again at once, if it waits for other work to end. */
  async unblock<Name extends JobName>(tx: Transaction, name: Name, data: JobData<Name>): Promise<void> {
    const { queue, unique } = definitionOf(name);
    const rows = await tx.query(
      `UPDATE jobs SET run_at = now(), snoozed_until = NULL
       WHERE name = $1 AND unique_key = $2 AND status = 'waiting' AND error_code = 'BLOCKED' AND snoozed_until > now()
       RETURNING id`,
      [name, unique.key(data)],
    );
    if (rows.length > 0) tx.afterCommit(() => this.signals.wake(queue));
  }

  /** Returns an unfinished job to its queue: due at once, in its old place, without spending an attempt. */
  handBack(job: Job): Promise<Job> {
    return this.endRun(job, `status = 'waiting'`, [], () => Promise.resolve());
  }

  /**
   * The same behind its equals, or after a wait: a job that takes several runs takes turns with others, and one that the
   * database interrupted is not to blame.
   */
  continueLater(job: Job, delayMs: number): Promise<Job> {
    return this.endRun(job, `status = 'waiting', run_at = now() + $3::int * interval '1 ms'`, [delayMs], () =>
      Promise.resolve(),
    );
  }

  /** Locks the unfinished jobs of all kinds of a person, or of one platform, until the transaction ends, and returns them. */
  lockUnfinished(tx: Transaction, userId: string, platform?: string): Promise<Pick<Job, 'id' | 'name'>[]> {
    return tx.query(
      `SELECT id, name FROM jobs WHERE user_id = $1 AND ($2::text IS NULL OR platform = $2)
         AND status IN ('waiting', 'active') ORDER BY id FOR UPDATE`,
      [userId, platform ?? null],
    );
  }

  /** Deletes jobs whose person deletes the account. No observer is notified; a run notices it at its next write. */
  async drop(tx: Transaction, jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return;
    await tx.query('DELETE FROM jobs WHERE id = ANY($1)', [jobIds]);
    tx.afterCommit(() => jobIds.forEach((id) => this.signals.settle(id)));
  }

  /** Cancels a waiting or running job; a run notices it at its next write. Undefined when it is already over. */
  async cancel(tx: Transaction, jobId: string): Promise<Job | undefined> {
    const [job] = await tx.query<Job>(
      `UPDATE jobs SET status = 'cancelled', claim = claim + 1, lease_until = NULL, finished_at = now()
       WHERE id = $1 AND status IN ('waiting', 'active') RETURNING ${JOB_COLUMNS}`,
      [jobId],
    );
    if (!job) return undefined;
    await this.observers.transition(tx, job, { kind: 'cancelled' });
    tx.afterCommit(() => this.signals.settle(job.id));
    tx.afterCommit(() => this.signals.wake(job.queue));
    return job;
  }

  private endRun<Name extends JobName>(
    job: Job<Name>,
    assignments: string,
    parameters: readonly unknown[],
    then: (tx: Transaction, row: Job<Name>) => Promise<void>,
  ): Promise<Job<Name>> {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query<Job<Name>>(
        `UPDATE jobs SET lease_until = NULL, ${PAST}, ${assignments} WHERE ${FENCE} RETURNING ${JOB_COLUMNS}`,
        [job.id, job.claim, ...parameters],
      );
      const ended = row ?? (await this.endedBefore(tx, job));
      if (row) await then(tx, row);
      this.signalEnd(tx, ended);
      return ended;
    });
  }

  /**
   * The job whose run has ended already under the same claim: the outcome was stored, and the answer to its COMMIT got
   * lost. Everybody else who ends a run raises the claim.
   */
  private async endedBefore<Name extends JobName>(tx: Transaction, job: Job<Name>): Promise<Job<Name>> {
    const [row] = await tx.query<Job<Name>>(
      `SELECT ${JOB_COLUMNS} FROM jobs WHERE id = $1 AND claim = $2 AND status <> 'active'`,
      [job.id, job.claim],
    );
    if (!row) throw fenced(job);
    return row;
  }

  private signalEnd(tx: Transaction, { id, queue, finishedAt }: Job): void {
    if (finishedAt) tx.afterCommit(() => this.signals.settle(id));
    tx.afterCommit(() => this.signals.free(queue));
  }
}

/** A run's job, and what the run returned. */
interface Completed {
  readonly job: Job;
  readonly result: JobResult;
}

const AS_COMPLETED = `status = 'completed', progress = 100, attempts_made = attempts_made + 1, crashes = 0, finished_at = now(),
  error_code = NULL, error_message = NULL, problem = NULL, error_stack = NULL`;

function stored(problem: JobProblem | null): string | null {
  return problem && storableJson(problem);
}

/** $1 ids, $2 claims, $3 results. Each row is looked up by its id, whatever the plan (OFFSET 0). */
const COMPLETE_TOGETHER = `
  WITH completed AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::jsonb[]) AS completed (id, claim, result) ORDER BY id
  ), mine AS (
    SELECT completed.id, completed.result FROM completed, LATERAL (
      SELECT id FROM jobs WHERE jobs.id = completed.id AND jobs.claim = completed.claim AND ${hasStatus('active')}
      OFFSET 0 FOR NO KEY UPDATE SKIP LOCKED) AS job
  )
  UPDATE jobs SET lease_until = NULL, ${PAST}, ${AS_COMPLETED}, result = (SELECT mine.result FROM mine WHERE mine.id = jobs.id)
  WHERE id = ANY (ARRAY(SELECT id FROM mine)) RETURNING ${JOB_COLUMNS}`;
