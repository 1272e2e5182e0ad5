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

/**
 * Sent with the first statement of a transaction that several jobs share. It waits for no row and no server for long: what
 * one of them waits for, all would wait for. Sequential scans are off, because a plan made for a small table would read
 * all jobs until the next ANALYZE; and so is JIT, because it takes them for costly where they are the only way.
 */
export const SHARED_LIMITS = `SELECT set_config('lock_timeout', '200ms', true), set_config('statement_timeout', '4s', true),
  set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`;

/** The order in which a shared transaction goes through its jobs, so that two of them cannot deadlock over a person's rows. */
export function byPerson(one: { userId: string; id: string }, other: { userId: string; id: string }): number {
  return compare(one.userId, other.userId) || compare(one.id, other.id);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
