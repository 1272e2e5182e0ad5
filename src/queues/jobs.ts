import { z } from 'zod';
import { config } from '../config/config.module.js';

/**
 * Every kind of job: its data, queue and policy. Queues, dispatcher, dashboard, statistics and the check at the start
 * read this table, and every type below is derived from it. A new kind is an entry here and a `@Process` method.
 */
export const JOBS = {
  'extract-platform': defineJob({
    title: 'extraction',
    queue: 'extraction',
    data: z.object({ userId: z.string(), platform: z.string() }),
    result: z.object({ items: z.number() }),
    unique: { key: ({ userId, platform }) => `${platform} ${userId}`, until: 'ended' },
    priority: 5,
    attempts: config.extraction.attempts,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    limiter: config.extraction.rate ?? undefined,
    keep: { completed: 100, failed: 200 },
    timeoutMs: config.extraction.timeoutMs,
    expiresMs: 3_600_000,
    slots: config.extraction.concurrency,
  }),
  'build-signature': defineJob({
    title: 'soul signature',
    queue: 'soul-signature',
    data: z.object({ userId: z.string() }),
    result: z.object({ version: z.number(), changed: z.boolean() }),
    // Items extracted after a build has started need another build.
    unique: { key: ({ userId }) => userId, until: 'started' },
    priority: 10,
    delayMs: config.signature.delayMs,
    attempts: 3,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    keep: { completed: 100, failed: 200 },
    timeoutMs: 60_000,
    slots: config.signature.concurrency,
  }),
  'import-archive': defineJob({
    title: 'import',
    queue: 'imports',
    data: z.object({ userId: z.string(), importId: z.string(), digest: z.string() }),
    result: z.object({ items: z.number() }),
    // The same files again are the same import while it runs.
    unique: { key: ({ userId, digest }) => `${userId} ${digest}`, until: 'ended' },
    priority: 5,
    attempts: 3,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    keep: { completed: 100, failed: 200 },
    timeoutMs: 300_000,
    slots: config.imports.concurrency,
  }),
  'delete-import': defineJob({
    title: 'deletion of an import',
    queue: 'imports',
    data: z.object({ userId: z.string(), importId: z.string() }),
    result: z.object({ items: z.number() }),
    unique: { key: ({ importId }) => importId, until: 'ended' },
    // A person asked for it and does not ask again.
    priority: 4,
    attempts: 10,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    keep: { completed: 100, failed: 200 },
    timeoutMs: 60_000,
    slots: config.imports.concurrency,
  }),
  'delete-platform-data': defineJob({
    title: 'data deletion',
    queue: 'platform-data',
    data: z.object({ userId: z.string(), platform: z.string() }),
    result: z.object({ items: z.number() }),
    unique: { key: ({ userId, platform }) => `${platform} ${userId}`, until: 'ended' },
    priority: 5,
    // A person asked for it and does not ask again.
    attempts: 10,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    keep: { completed: 100, failed: 200 },
    timeoutMs: 60_000,
    slots: 2,
  }),
  'delete-account': defineJob({
    title: 'account deletion',
    queue: 'platform-data',
    data: z.object({ userId: z.string() }),
    result: z.object({ items: z.number() }),
    unique: { key: ({ userId }) => userId, until: 'ended' },
    ofErased: true,
    priority: 5,
    // The request deletes the first piece.
    delayMs: 2_000,
    // A person asked for it and cannot ask again.
    attempts: 10,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    keep: { completed: 100, failed: 200 },
    timeoutMs: 60_000,
    slots: 2,
  }),
};

export type JobName = keyof typeof JOBS;
export type QueueName = (typeof JOBS)[JobName]['queue'];

/** The data of a job: JSON, stored with its row. */
export type JobData<Name extends JobName = JobName> = z.output<(typeof JOBS)[Name]['data']>;

/** What its handler returns: JSON, stored with its row. */
export type JobResult<Name extends JobName = JobName> = z.output<(typeof JOBS)[Name]['result']>;

/** A kind of job. Durations are milliseconds; a lower priority number goes first. */
export interface JobDefinition<
  Queue extends string = QueueName,
  Data extends z.ZodType<{ readonly userId: string }> = z.ZodType<{ readonly userId: string }>,
  Result extends z.ZodType = z.ZodType,
> {
  /** The name for logs and people. */
  readonly title: string;
  readonly queue: Queue;
  /**
   * Checked when a job is added and again before it runs, because another version may have stored it. Jobs of one user
   * with equal data never run at the same time.
   */
  readonly data: Data;
  /** Checked when a run returns. */
  readonly result: Result;
  /**
   * Adding a job whose key an existing one has returns that one, as long as it has not `ended` or not `started`.
   */
  readonly unique: { key(data: z.output<Data>): string; readonly until: 'started' | 'ended' };
  /** Whether it can be added for a person whose account is being deleted; other jobs cannot. */
  readonly ofErased?: boolean;
  readonly priority: number;
  /** The wait before its first start. */
  readonly delayMs?: number;
  readonly attempts: number;
  readonly backoff: { readonly type: 'exponential'; readonly delayMs: number };
  /** Starts per window over all processes. */
  readonly limiter?: { readonly max: number; readonly durationMs: number } | undefined;
  /** How many finished jobs the queue's own history keeps; the ledger keeps all. */
  readonly keep: { readonly completed: number; readonly failed: number };
  /**
   * The longest time of a run. With a new checkpoint another run continues then; without one the attempt has failed.
   */
  readonly timeoutMs: number;
  /** A job that has not started this long after it was due never runs. */
  readonly expiresMs?: number;
  /** How many run at once in one process. */
  readonly slots: number;
}

/** Infers the types of a job from its schemas. */
function defineJob<
  const Queue extends string,
  Data extends z.ZodType<{ readonly userId: string }>,
  Result extends z.ZodType,
>(definition: JobDefinition<Queue, Data, Result>): JobDefinition<Queue, Data, Result> {
  return definition;
}

/** A kind of job in the general form. */
export function definitionOf(name: JobName): JobDefinition {
  return JOBS[name];
}

export const JOB_NAMES = Object.keys(JOBS) as readonly JobName[]; // The object above has exactly these keys.

export const QUEUE_NAMES: readonly QueueName[] = [...new Set(JOB_NAMES.map((name) => JOBS[name].queue))];

/** The jobs that wait in a queue. */
function jobsIn(queue: QueueName): readonly JobDefinition[] {
  return JOB_NAMES.map(definitionOf).filter((job) => job.queue === queue);
}

/** How many jobs of a queue one process runs at once. */
export function slotsOf(queue: QueueName): number {
  return Math.max(...jobsIn(queue).map(({ slots }) => slots));
}

/** Starts per window of a queue. */
export function limiterOf(queue: QueueName): JobDefinition['limiter'] {
  return jobsIn(queue).find(({ limiter }) => limiter)?.limiter;
}

/** The priorities: new connections and premium users go first (F8). */
export const PRIORITY = { first: 1, normal: 5, last: 10 } as const;
