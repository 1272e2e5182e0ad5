import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import type { Transaction } from '../database/database.js';
import { JOB_COLUMNS, type Job, type JobTrigger } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { policyOf, type JobData, type JobName } from './jobs.js';

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

/** Takes in new jobs, always in the transaction of what caused them, so that neither is there without the other. */
@Injectable()
export class JobIntake {
  constructor(
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

/** The platform a job is about, where there is one. */
function platformOf(data: JobData | Job): string | null {
  return 'platform' in data ? data.platform : null;
}

/** Equal for two jobs of one kind that are the same by `UNIQUENESS`. */
function keyOf(data: JobData | Job): string {
  return JSON.stringify([data.userId, platformOf(data)]);
}
