import { config } from '../config/config.module.js';

/** Every kind of work this system does in the background. */
export type JobName = 'extract-platform' | 'build-signature';

export type QueueName = 'extraction' | 'soul-signature';

/** What a job is about, and what is left of it when it is done; both JSON. */
interface JobTypes {
  'extract-platform': {
    readonly data: { readonly userId: string; readonly platform: string };
    readonly result: { readonly items: number };
  };
  'build-signature': {
    readonly data: { readonly userId: string };
    readonly result: { readonly version: number; readonly changed: boolean };
  };
}

export type JobData<Name extends JobName = JobName> = JobTypes[Name]['data'];
export type JobResult<Name extends JobName = JobName> = JobTypes[Name]['result'];

/** How a job waits and how it is tried. Durations are milliseconds; a lower priority number goes first. */
export interface JobPolicy {
  /** In words, for logs and people. */
  readonly title: string;
  readonly queue: QueueName;
  readonly priority: number;
  /** Waits this long before its first start. */
  readonly delayMs?: number;
  readonly attempts: number;
  readonly backoff: { readonly type: 'exponential'; readonly delayMs: number };
  /** Starts per window over all processes. */
  readonly limiter?: { readonly max: number; readonly durationMs: number } | undefined;
  /** How many finished jobs the queue's own history keeps; the ledger keeps all. */
  readonly keep: { readonly completed: number; readonly failed: number };
  /** A run may take this long; one that got further by then is continued in another run, one that did not has failed. */
  readonly timeoutMs: number;
  /** A job that has not started this long after it was due never runs. */
  readonly expiresMs?: number;
  /** Runs at once in one process. */
  readonly slots: number;
}

/** Every job: where it waits, how it is tried. Queues, dispatcher, dashboard, statistics and the start-up check read this. */
export const JOBS = {
  'extract-platform': {
    title: 'extraction',
    queue: 'extraction',
    priority: 5,
    attempts: config.extraction.attempts,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    limiter: config.extraction.rate ?? undefined,
    keep: { completed: 100, failed: 200 },
    timeoutMs: config.extraction.timeoutMs,
    expiresMs: 3_600_000,
    slots: config.extraction.concurrency,
  },
  'build-signature': {
    title: 'soul signature',
    queue: 'soul-signature',
    priority: 10,
    delayMs: config.signature.delayMs,
    attempts: 3,
    backoff: { type: 'exponential', delayMs: config.retry.baseMs },
    keep: { completed: 100, failed: 200 },
    timeoutMs: 60_000,
    slots: config.signature.concurrency,
  },
} satisfies Record<JobName, JobPolicy>;

/** The policy of a job, in the general form. */
export function policyOf(name: JobName): JobPolicy {
  return JOBS[name];
}

export const JOB_NAMES = Object.keys(JOBS) as readonly JobName[]; // The object above has exactly these keys.

export const QUEUE_NAMES: readonly QueueName[] = [...new Set(JOB_NAMES.map((name) => JOBS[name].queue))];

/** The jobs that wait in a queue. */
function jobsIn(queue: QueueName): readonly JobName[] {
  return JOB_NAMES.filter((name) => JOBS[name].queue === queue);
}

/** How many jobs of a queue one process runs at once. */
export function slotsOf(queue: QueueName): number {
  return Math.max(...jobsIn(queue).map((name) => JOBS[name].slots));
}

/** Starts per window of a queue. */
export function limiterOf(queue: QueueName): JobPolicy['limiter'] {
  return jobsIn(queue)
    .map(policyOf)
    .find((policy) => policy.limiter)?.limiter;
}

/** The numbers people know: a new connection or a premium user goes before everything else (F8). */
export const PRIORITY = { first: 1, normal: 5, last: 10 } as const;

/** What a queue carries: a hint at a row, plus what an operator wants to read. Workers believe only the row. */
export interface QueuedJob {
  readonly jobId: string;
  readonly dispatch: number;
  readonly userId: string;
  readonly platform: string | null;
}
