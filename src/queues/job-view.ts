import type { Job, JobStatus } from './job.entity.js';

/** A job's state: Bull's names, and two of ours. */
export type JobState = JobStatus | 'delayed' | 'paused';

export const JOB_STATES = [
  'waiting',
  'active',
  'completed',
  'failed',
  'delayed',
  'paused',
  'cancelled',
  'expired',
] as const satisfies JobState[];

/** A row with its derived state. */
export type JobWithState = Job & { readonly state: JobState };

/** `delayed` is a waiting job that is not due or was told to wait, `paused` one of a paused queue: derived, never stored. */
export const JOB_STATE = `CASE WHEN jobs.status <> 'waiting' THEN jobs.status
  WHEN greatest(jobs.run_at, jobs.snoozed_until) > now() THEN 'delayed'
  WHEN EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND queues.paused_at IS NOT NULL) THEN 'paused'
  ELSE 'waiting' END`;

/** A job as the API and the live snapshot show it. */
export function viewJob(job: JobWithState) {
  return {
    id: job.id,
    name: job.name,
    queue: job.queue,
    platform: job.platform,
    batchId: job.batchId,
    state: job.state,
    progress: job.progress,
    items: job.items,
    attemptsMade: job.attemptsMade,
    maxAttempts: job.maxAttempts,
    priority: job.priority,
    trigger: job.trigger,
    failedReason: job.errorMessage,
    errorCode: job.errorCode,
    warnings: job.warnings,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    nextRunAt: job.status === 'waiting' ? nextRunOf(job) : null,
  };
}

/** A job that waits with its line has an older `run_at`, which is its place in it. */
function nextRunOf({ runAt, snoozedUntil }: Job): Date {
  return snoozedUntil && snoozedUntil > runAt ? snoozedUntil : runAt;
}
