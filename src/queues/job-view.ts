import type { JobProblem } from './errors.js';
import { JOB_COLUMNS, type Job, type JobStatus } from './job.entity.js';
import { LINE } from './lines.js';

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

/** A row with its derived state, and the earliest time of its next start. */
export type JobWithState = Job & { readonly state: JobState; readonly nextRunAt: Date };

const OF_ITS_LINE = `queue_lines.queue = jobs.queue AND queue_lines.line = ${LINE}`;

/**
 * `delayed` is a waiting job that is not due, was told to wait, or waits in a closed line; `paused` is one of a paused
 * queue. Both are derived, never stored.
 */
export const JOB_STATE = `CASE WHEN jobs.status <> 'waiting' THEN jobs.status
  WHEN greatest(jobs.run_at, jobs.snoozed_until) > now() THEN 'delayed'
  WHEN jobs.dispatched_at IS NULL AND EXISTS (SELECT FROM queue_lines WHERE ${OF_ITS_LINE} AND closed_until > now()) THEN 'delayed'
  WHEN EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND queues.paused_at IS NOT NULL) THEN 'paused'
  ELSE 'waiting' END`;

/** The columns of a `JobWithState`. */
export const COLUMNS_WITH_STATE = `${JOB_COLUMNS}, ${JOB_STATE} AS state,
  greatest(jobs.run_at, jobs.snoozed_until, (SELECT closed_until FROM queue_lines WHERE ${OF_ITS_LINE})) AS "nextRunAt"`;

/** What is stored of a job in this state. */
export function statusOf(state: string): string {
  return state === 'delayed' || state === 'paused' ? 'waiting' : state;
}

/** Whose problem is named where there are several: what the operator can mend concerns most people. */
const ACTORS = ['operator', 'person', 'provider', 'nobody'] as const satisfies JobProblem['actor'][];

/** Why a job failed or waits, or why one that completed could not read everything; null if there is nothing to tell. */
export function problemOfJob({
  status,
  problem,
  warnings,
}: Pick<Job, 'status' | 'problem' | 'warnings'>): JobProblem | null {
  if (status !== 'completed') return problem;
  const found = warnings.flatMap((warning) => warning.problem ?? []);
  return ACTORS.flatMap((actor) => found.find((each) => each.actor === actor) ?? [])[0] ?? null;
}

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
    problem: problemOfJob(job),
    warnings: job.warnings,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    nextRunAt: job.status === 'waiting' ? job.nextRunAt : null,
  };
}
