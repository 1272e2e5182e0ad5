import { FencedError } from './errors.js';
import type { Job, JobStatus } from './job.entity.js';

/** A claim that is not renewed for this long is taken from its worker. */
export const LEASE_MS = 15_000;

/** When the lease of a claim that is made or renewed now ends. */
export const LEASE_UNTIL = `now() + ${LEASE_MS} * interval '1 ms'`;

/**
 * The status of a job that is looked up by its id. Concatenated, so that no partial index matches: a plan made while one
 * of them was empty would go on to read the whole index for every job.
 */
export function hasStatus(status: JobStatus): string {
  return `status || '' = '${status}'`;
}

/** The row of job $1, as long as claim $2 holds. */
export const FENCE = `id = $1 AND claim = $2 AND ${hasStatus('active')}`;

/** Where the clock has stepped back during a run, its new times must not be taken for ones from before (`followClock`). */
export const PAST = 'created_at = least(created_at, now()), claimed_at = least(claimed_at, now())';

export function fenced(job: Pick<Job, 'id' | 'claim'>): FencedError {
  return new FencedError(`Job ${job.id} no longer belongs to claim ${job.claim}`);
}
