import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import { describeError, FencedError } from './errors.js';
import { Job, JOB_COLUMNS, type JobTrigger, type JobWarning } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { policyOf, type JobData, type JobName, type JobResult, type QueuedJob } from './jobs.js';

/** A claim that is not renewed for this long belongs to a dead worker. */
export const LEASE_MS = 15_000;

/** What makes two jobs the same job; the partial unique indexes of the schema. */
const UNIQUENESS: Record<JobName, string> = {
  'extract-platform': `(user_id, platform) WHERE name = 'extract-platform' AND status IN ('waiting', 'active')`,
  'build-signature': `(user_id) WHERE name = 'build-signature' AND status = 'waiting' AND claim = 0`,
};

export interface EnqueueOptions {
  readonly trigger: JobTrigger;
  readonly priority?: number;
  readonly batchId?: string;
}

/** A job, and whether it is a new one. */
export interface Enqueued {
  readonly job: Job;
  readonly created: boolean;
}

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
   * Adds a job in the transaction of what caused it. Asking for one that is already there and unfinished returns that
   * one, raised to the more urgent of the two, but never to before the time a provider asked for. One that came by
   * itself is then told to be somebody's wish.
   */
  async enqueue<Name extends JobName>(
    tx: Transaction,
    name: Name,
    data: JobData<Name>,
    options: EnqueueOptions,
  ): Promise<Enqueued> {
    const [only] = await this.enqueueMany(tx, name, [data], options);
    if (!only) throw new Error('One asked for, none answered');
    return only;
  }

  /**
   * Adds many jobs of one kind with one statement, as `enqueue` adds one.
   * @returns one answer for each of `data`, in its order; the same job for the same data
   */
  async enqueueMany<Name extends JobName>(
    tx: Transaction,
    name: Name,
    data: readonly JobData<Name>[],
    options: EnqueueOptions,
  ): Promise<Enqueued[]> {
    const policy = policyOf(name);
    const wanted = new Map(data.map((each) => [keyOf(each), each]));
    // In the order of their keys: transactions that ask for the same jobs must not wait for each other in a circle.
    const sorted = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
    const rows = await tx.query<Job & { created: boolean }>(
      `INSERT INTO jobs (id, name, user_id, platform, batch_id, trigger, max_attempts, priority, run_at, expires_at, queue)
       SELECT wanted.id, $4, users.id, wanted.platform, $5, $6, $7, CASE WHEN users.premium THEN least(1, $8::int) ELSE $8::int END,
         now() + $9::int * interval '1 ms', now() + ($9::int + $10::int) * interval '1 ms', $11
       FROM ${sorted.length === 1 ? ONE_WANTED : MANY_WANTED} JOIN users ON users.id = wanted.user_id ORDER BY place
       ON CONFLICT ${UNIQUENESS[name]} DO UPDATE SET
         priority = least(jobs.priority, excluded.priority),
         run_at = CASE WHEN jobs.status = 'waiting'
           THEN greatest(least(jobs.run_at, excluded.run_at), jobs.snoozed_until) ELSE jobs.run_at END,
         expires_at = greatest(jobs.expires_at, excluded.expires_at),
         trigger = CASE WHEN jobs.trigger = 'schedule' THEN excluded.trigger ELSE jobs.trigger END
       RETURNING ${JOB_COLUMNS}, (xmax = 0) AS created`,
      [
        ...wantedParameters(sorted),
        name,
        options.batchId ?? null,
        options.trigger,
        policy.attempts,
        options.priority ?? policy.priority,
        policy.delayMs ?? 0,
        policy.expiresMs ?? null,
        policy.queue,
      ],
    );
    const answers = new Map(rows.map(({ created, ...job }) => [keyOf(job), { job, created }]));
    for (const { job, created } of answers.values())
      if (created) await this.observers.transition(tx, job, { kind: 'queued' });
    tx.afterCommit(() => this.signals.wake(policy.queue));
    return data.map((each) => {
      const answer = answers.get(keyOf(each));
      if (!answer) throw new Error(`No user ${each.userId} to run ${name} for`);
      return answer;
    });
  }

  /**
   * Takes a dispatched job for one run, or says that there is nothing to take: a paused queue, or an old hint. Bull gives
   * the hint of a dead worker again; the job may wait by then, but it is the dispatcher's to say when it starts.
   */
  claim(name: JobName, { jobId, dispatch }: Pick<QueuedJob, 'jobId' | 'dispatch'>): Promise<Job | undefined> {
    return this.database.transaction(async (tx) => {
      const [job] = await tx.query<Job>(
        `UPDATE jobs SET status = 'active', claim = claim + 1, dispatched_at = NULL, snoozed_until = NULL,
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
  complete<Name extends JobName>(job: Job, result: JobResult<Name>): Promise<Job> {
    return this.endRun(
      job,
      `status = 'completed', progress = 100, attempts_made = attempts_made + 1, crashes = 0, result = $3, finished_at = now(),
       error_code = NULL, error_message = NULL, error_stack = NULL`,
      [storableJson(result)],
      (tx, row) => this.observers.transition(tx, row, { kind: 'completed' }),
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

  /** A provider named a time: wait until then without spending an attempt. */
  snooze(job: Job, error: unknown, until: Date): Promise<Job> {
    const { code, message } = describeError(error);
    return this.endRun(
      job,
      `status = 'waiting', run_at = greatest(now(), $3::timestamptz), snoozed_until = $3, error_code = $4, error_message = $5`,
      [until, code, message],
      (tx, row) => this.observers.transition(tx, row, { kind: 'delayed', reason: message, retryAt: row.runAt }),
    );
  }

  /** Gives an unfinished run back at its checkpoint, at once, in its place, and without spending an attempt. */
  handBack(job: Job): Promise<Job> {
    return this.endRun(job, `status = 'waiting'`, [], () => Promise.resolve());
  }

  /** Holds a platform's unfinished jobs until the transaction ends, and names them. */
  async lockUnfinished(tx: Transaction, userId: string, platform: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM jobs WHERE user_id = $1 AND platform = $2 AND status IN ('waiting', 'active') ORDER BY id FOR UPDATE`,
      [userId, platform],
    );
    return rows.map((row) => row.id);
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

  private endRun(
    job: Job,
    assignments: string,
    parameters: readonly unknown[],
    then: (tx: Transaction, row: Job) => Promise<void>,
  ): Promise<Job> {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query<Job>(
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

/**
 * The jobs that are asked for, as rows. A single one is no array: of an array PostgreSQL does not know beforehand that it
 * holds one, and plans the statement anew each time rather than for ten, which takes as long as running it.
 */
const ONE_WANTED = `(SELECT $1::uuid AS id, $2::text AS user_id, $3::text AS platform, 1 AS place) AS wanted`;
const MANY_WANTED = `unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (id, user_id, platform, place)`;

function wantedParameters(data: readonly JobData[]): unknown[] {
  const columns = [data.map(() => uuidv7()), data.map(({ userId }) => userId), data.map(platformOf)];
  return data.length === 1 ? columns.flat() : columns;
}

const FENCE = `id = $1 AND claim = $2 AND status = 'active'`;

function fenced(job: Job): FencedError {
  return new FencedError(`Job ${job.id} no longer belongs to claim ${job.claim}`);
}

/** The platform a job is about, where there is one. */
function platformOf(data: JobData | Job): string | null {
  return 'platform' in data ? data.platform : null;
}

/** Equal for two jobs of one kind that are the same by `UNIQUENESS`. */
function keyOf(data: JobData | Job): string {
  return JSON.stringify([data.userId, platformOf(data)]);
}
