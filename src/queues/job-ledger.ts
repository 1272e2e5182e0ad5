import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import { describeError, FencedError } from './errors.js';
import { JOB_COLUMNS, type Job, type JobWarning } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { JOBS, type JobName, type JobResult } from './jobs.js';
import type { QueuedJob } from './queued-job.js';

/** A claim that is not renewed for this long belongs to a dead worker. */
export const LEASE_MS = 15_000;

/** What a run has got done since it last said so. */
export interface Checkpoint {
  /** JSON from which the work can go on; it differs from the one before, or nothing was gained. */
  readonly checkpoint: unknown;
  /** 0 to 100; never lowers what is stored. */
  readonly progress: number;
  /** Added to the job's count. */
  readonly items: number;
  readonly warnings: readonly JobWarning[];
}

/**
 * The rows of all jobs: the truth about work, and the owner of time. Every write of a run names its claim, so a worker
 * that was thought dead changes nothing. Clocks are never compared between machines: all times are the database's.
 */
@Injectable()
export class JobLedger {
  constructor(
    private readonly database: Database,
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Takes a dispatched job for one run, or says that there is nothing to take: a paused queue, or an old hint. Bull gives
   * the hint of a dead worker again; the job may wait by then, but it is the dispatcher's to say when it starts.
   */
  claim<Name extends JobName>(
    name: Name,
    { jobId, dispatch }: Pick<QueuedJob, 'jobId' | 'dispatch'>,
  ): Promise<Job<Name> | undefined> {
    return this.database.transaction(async (tx) => {
      const [job] = await tx.query<Job<Name>>(
        `UPDATE jobs SET status = 'active', ${JOBS[name].unique.until === 'started' ? 'unique_key = NULL, ' : ''}claim = claim + 1, dispatched_at = NULL, snoozed_until = NULL,
           lease_until = now() + ${LEASE_MS} * interval '1 ms', claimed_at = now(), started_at = coalesce(started_at, now())
         WHERE id = $1 AND dispatch = $2 AND status = 'waiting' AND dispatched_at IS NOT NULL AND name = $3
           AND NOT EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND paused_at IS NOT NULL)
         RETURNING ${JOB_COLUMNS}`,
        [jobId, dispatch, name],
      );
      if (job) await this.observers.transition(tx, job, { kind: 'started', attempt: job.attemptsMade + 1 });
      return job;
    });
  }

  /** Keeps a claim alive; false when it is lost. */
  async renewLease(job: Job): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE jobs SET lease_until = now() + ${LEASE_MS} * interval '1 ms' WHERE ${FENCE} RETURNING id`,
      [job.id, job.claim],
    );
    return rows.length > 0;
  }

  /**
   * Raises the progress of a run that has nothing to store yet.
   * @returns what is stored: an earlier run may have got further
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
   * Stores a piece of work and the place to go on from in one transaction. A checkpoint that moved forgives what went
   * wrong before it: attempts and crashes count from there.
   * @returns what the job's row says after it
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
           lease_until = now() + ${LEASE_MS} * interval '1 ms'
         WHERE ${FENCE} RETURNING progress, items, attempts_made AS "attemptsMade"`,
        [job.id, job.claim, storableJson(checkpoint), progress, items, storableJson(warnings)],
      );
      if (!row) throw fenced(job);
      await write(tx);
      return row;
    });
  }

  /** The run returned: the job is done, and whatever follows from it is stored with it. */
  complete<Name extends JobName>(job: Job<Name>, result: JobResult<Name>): Promise<Job<Name>> {
    return this.endRun(
      job,
      `status = 'completed', progress = 100, attempts_made = attempts_made + 1, crashes = 0, result = $3, finished_at = now(),
       error_code = NULL, error_message = NULL, error_stack = NULL`,
      [storableJson(result)],
      (tx, row) => this.observers.transition(tx, row, { kind: 'completed', result }),
    );
  }

  /** The attempt failed; the next one starts after `delayMs`. */
  retry(job: Job, error: unknown, delayMs: number): Promise<Job> {
    const { code, message, stack } = describeError(error);
    return this.endRun(
      job,
      `status = 'waiting', attempts_made = attempts_made + 1, run_at = now() + $3::int * interval '1 ms',
       error_code = $4, error_message = $5, error_stack = $6`,
      [delayMs, code, message, stack],
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
    const { code, message, stack } = describeError(error);
    return this.endRun(
      job,
      `status = 'failed', attempts_made = attempts_made + 1, finished_at = now(),
       error_code = $3, error_message = $4, error_stack = $5`,
      [code, message, stack],
      (tx, row) =>
        this.observers.transition(tx, row, {
          kind: 'failed',
          error: { code, message },
          attempt: row.attemptsMade,
          willRetry: false,
        }),
    );
  }

  /** A time was named, by a provider or for other work to end: wait until then without spending an attempt. The time is of this process's clock. */
  snooze(job: Job, error: unknown, until: Date): Promise<Job> {
    const { code, message } = describeError(error);
    const then = `now() + $3::float8 * interval '1 ms'`;
    return this.endRun(
      job,
      `status = 'waiting', run_at = ${then}, snoozed_until = ${then}, error_code = $4, error_message = $5`,
      [Math.max(0, until.getTime() - Date.now()), code, message],
      (tx, row) => this.observers.transition(tx, row, { kind: 'delayed', code, reason: message, retryAt: row.runAt }),
    );
  }

  /** Gives an unfinished run back at its checkpoint, at once, in its place, and without spending an attempt. */
  handBack(job: Job): Promise<Job> {
    return this.endRun(job, `status = 'waiting'`, [], () => Promise.resolve());
  }

  /** Holds a platform's unfinished jobs of all kinds until the transaction ends, and names them. */
  lockUnfinished(tx: Transaction, userId: string, platform: string): Promise<Pick<Job, 'id' | 'name'>[]> {
    return tx.query(
      `SELECT id, name FROM jobs WHERE user_id = $1 AND platform = $2 AND status IN ('waiting', 'active') ORDER BY id FOR UPDATE`,
      [userId, platform],
    );
  }

  /** Cancels a waiting or running job; a run notices at its next write. Undefined when it is already over. */
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
        `UPDATE jobs SET lease_until = NULL, ${assignments} WHERE ${FENCE} RETURNING ${JOB_COLUMNS}`,
        [job.id, job.claim, ...parameters],
      );
      if (!row) throw fenced(job);
      await then(tx, row);
      if (row.finishedAt) tx.afterCommit(() => this.signals.settle(row.id));
      tx.afterCommit(() => this.signals.free(row.queue));
      return row;
    });
  }
}

const FENCE = `id = $1 AND claim = $2 AND status = 'active'`;

function fenced(job: Job): FencedError {
  return new FencedError(`Job ${job.id} no longer belongs to claim ${job.claim}`);
}
