import type { Job, JobStatus } from './job.entity.js';
import { JOB_NAMES, policyOf } from './jobs.js';

/** A job's state in Bull's words, and two of ours. */
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

/** The queue of a row, in SQL; generated from the job table. */
export const QUEUE_OF_JOB = `CASE jobs.name ${JOB_NAMES.map((name) => `WHEN '${name}' THEN '${policyOf(name).queue}'`).join(' ')} END`;

/** `delayed` is a waiting row whose time has not come, `paused` one whose queue stands still: derived, never stored. */
export const JOB_STATE = `CASE WHEN jobs.status <> 'waiting' THEN jobs.status
  WHEN jobs.run_at > now() THEN 'delayed'
  WHEN EXISTS (SELECT FROM queues WHERE queues.name = ${QUEUE_OF_JOB} AND queues.paused_at IS NOT NULL) THEN 'paused'
  ELSE 'waiting' END`;

/** A job as the API and the live snapshot show it. */
export function viewJob(job: JobWithState) {
  return {
    id: job.id,
    name: job.name,
    queue: policyOf(job.name).queue,
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
    nextRunAt: job.status === 'waiting' ? job.runAt : null,
  };
}
