import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import type { Transaction } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import { RATE_LIMITED } from './errors.js';
import { ApiError } from '../http/api-error.js';
import { JOB_COLUMNS, type Job, type JobTrigger } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { definitionOf, type JobData, type JobName } from './jobs.js';
import { LINE_CLOSED, LINE_REASON, PROVIDER_WAIT } from './lines.js';

export interface EnqueueOptions {
  readonly trigger: JobTrigger;
  readonly priority?: number;
  readonly batchId?: string;
}

/** A job, and whether it is a new one. */
export interface Enqueued<Name extends JobName = JobName> {
  readonly job: Job<Name>;
  readonly created: boolean;
}

/** Adds jobs in the transaction of what caused them, so that both are stored or neither is. */
@Injectable()
export class JobIntake {
  constructor(
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Adds a job in the transaction of what caused it. If there is an unfinished one with the same unique key, that one
   * is returned: with its own data, but the more urgent priority and time of the two, though never before the time that
   * a provider asked for, and never longer than a day. A job queued by a schedule takes the trigger of the request. A new
   * job whose line is closed is delayed from the start.
   * The person's row is locked until the transaction ends, so that no job is added beside the deletion of the account.
   * @throws ZodError when the data do not match the job's schema
   * @throws ApiError 401 `ACCOUNT_DELETED` when the account was deleted or is being deleted
   */
  async enqueue<Name extends JobName>(
    tx: Transaction,
    name: Name,
    data: JobData<Name>,
    options: EnqueueOptions,
  ): Promise<Enqueued<Name>> {
    const [only] = await this.enqueueMany(tx, name, [data], options);
    if (!only) throw new Error('INSERT returned no row');
    return only;
  }

  /** Adds a job that follows from another like `enqueue`; undefined for a person whose account is being deleted. */
  async enqueueUnlessErased<Name extends JobName>(
    ...job: [tx: Transaction, name: Name, data: JobData<Name>, options: EnqueueOptions]
  ): Promise<Enqueued<Name> | undefined> {
    try {
      return await this.enqueue(...job);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'ACCOUNT_DELETED') return undefined;
      throw error;
    }
  }

  /**
   * Adds many jobs of one kind like `enqueue`, with one statement.
   * @returns one job for each element of `data`, in its order; equal data give the same job
   */
  async enqueueMany<Name extends JobName>(
    tx: Transaction,
    name: Name,
    data: readonly JobData<Name>[],
    options: EnqueueOptions,
  ): Promise<Enqueued<Name>[]> {
    const definition = definitionOf(name);
    const keys = data.map((each) => definition.unique.key(each));
    const wanted = new Map(data.map((each, n) => [keys[n], definition.data.parse(each)]));
    // Sorted by key, so that transactions with the same jobs cannot deadlock.
    const sorted = [...wanted].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    const rows = await tx.query<Job<Name> & { created: boolean; key: string }>(
      `INSERT INTO jobs (id, name, user_id, platform, data, unique_key, batch_id, trigger, max_attempts, priority, run_at, first_due_at, expires_at, queue, snoozed_until, error_code, error_message, problem)
       SELECT wanted.id, $4, users.id, wanted.data->>'platform', wanted.data, wanted.key, $5, $6, $7, CASE WHEN users.premium THEN least(1, $8::int) ELSE $8::int END,
         now() + $9::int * interval '1 ms', now() + $9::int * interval '1 ms', now() + ($9::int + $10::int) * interval '1 ms', $11,
         closed_until, CASE WHEN closed_until IS NOT NULL THEN '${RATE_LIMITED}' END,
         CASE WHEN closed_until IS NOT NULL THEN ${LINE_REASON} END, queue_lines.problem
       FROM ${sorted.length === 1 ? ONE_WANTED : MANY_WANTED} JOIN users ON users.id = wanted.data->>'userId' AND (users.erasing_at IS NULL OR $12)
         LEFT JOIN queue_lines ON queue_lines.queue = $11 AND line = coalesce(wanted.data->>'platform', '') AND closed_until > now()
       ORDER BY place FOR KEY SHARE OF users
       ON CONFLICT (name, unique_key) WHERE status IN ('waiting', 'active') DO UPDATE SET
         priority = least(jobs.priority, excluded.priority),
         run_at = CASE WHEN jobs.status = 'waiting'
           THEN least(jobs.run_at, greatest(excluded.run_at, jobs.snoozed_until)) ELSE jobs.run_at END,
         expires_at = CASE WHEN excluded.expires_at IS NULL THEN jobs.expires_at
           ELSE least(greatest(jobs.expires_at, excluded.expires_at), jobs.first_due_at + ${PROVIDER_WAIT}) END,
         trigger = CASE WHEN jobs.trigger = 'schedule' THEN excluded.trigger ELSE jobs.trigger END
       RETURNING ${JOB_COLUMNS}, unique_key AS key, (xmax = 0) AS created`,
      [
        ...wantedParameters(sorted),
        name,
        options.batchId ?? null,
        options.trigger,
        definition.attempts,
        options.priority ?? definition.priority,
        definition.delayMs ?? 0,
        definition.expiresMs ?? null,
        definition.queue,
        definition.ofErased ?? false,
      ],
    );
    const answers = new Map<string | undefined, Enqueued<Name>>();
    for (const { created, key, ...job } of rows) answers.set(key, { job, created });
    for (const { job, created } of answers.values()) {
      if (!created) continue;
      await this.observers.transition(tx, job, { kind: 'queued' });
      if (!job.snoozedUntil) continue;
      await this.observers.transition(tx, job, {
        kind: 'delayed',
        code: RATE_LIMITED,
        reason: job.errorMessage ?? LINE_CLOSED,
        retryAt: job.snoozedUntil,
      });
    }
    tx.afterCommit(() => this.signals.wake(definition.queue));
    return data.map((each, n) => {
      const answer = answers.get(keys[n]);
      if (!answer) throw new ApiError(401, 'ACCOUNT_DELETED', 'The account was deleted, so no job was added.');
      return answer;
    });
  }
}

/**
 * The requested jobs as rows. A single job is not passed as an array: PostgreSQL cannot know the length of an array
 * beforehand and would plan the statement each time, which takes as long as running it.
 */
const ONE_WANTED = `(SELECT $1::uuid AS id, $2::jsonb AS data, $3::text AS key, 1 AS place) AS wanted`;
const MANY_WANTED = `unnest($1::uuid[], $2::jsonb[], $3::text[]) WITH ORDINALITY AS wanted (id, data, key, place)`;

function wantedParameters(wanted: readonly (readonly [key: string | undefined, data: unknown])[]): unknown[] {
  const columns = [
    wanted.map(() => uuidv7()),
    wanted.map(([, data]) => storableJson(data)),
    wanted.map(([key]) => key),
  ];
  return wanted.length === 1 ? columns.flat() : columns;
}
