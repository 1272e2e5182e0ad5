import { TransientDatabaseError } from '../database/failures.js';
import { JobTimeoutError, PermanentError, RateLimitedError, ShutdownError, SnoozeError } from './errors.js';

/** The longest wait that a provider is given unasked, in milliseconds. */
const LONGEST_PATIENCE_MS = 900_000;

/** What happens after a run that threw. */
export type Verdict =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'snooze'; readonly until: Date; readonly lineUntil?: Date | undefined }
  /** Goes on from its checkpoint at once and in its old place, without spending an attempt. */
  | { readonly kind: 'hand-back' }
  /** Goes on from its checkpoint behind its equals after a wait, without spending an attempt. */
  | { readonly kind: 'continue'; readonly delayMs: number }
  | { readonly kind: 'fail' };

interface Attempts {
  /** The attempt that has just failed, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Whether the run has stored a new checkpoint. */
  readonly moved: boolean;
  /** The job's age when the run began, in milliseconds. */
  readonly ageMs: number;
  /** How often the job was told to wait before, since its last checkpoint. */
  readonly snoozes?: number;
  readonly backoffMs: number;
  /** 0.2 changes each wait by up to ±20 %, so that jobs that failed together are not retried together. */
  readonly jitter: number;
  readonly random?: () => number;
}

/** For so long a run that the database has interrupted costs no attempt; after that, something else must be wrong. */
const BLAMELESS_MS = 86_400_000;

/** Decides what happens after a failed run. Waits between attempts are computed only here. */
export function judge(error: unknown, attempts: Attempts): Verdict {
  if (error instanceof ShutdownError) return { kind: 'hand-back' };
  if (error instanceof JobTimeoutError && attempts.moved) return { kind: 'continue', delayMs: 0 };
  if (error instanceof TransientDatabaseError && attempts.ageMs < BLAMELESS_MS) {
    return { kind: 'continue', delayMs: delayAfterInterruption(attempts) };
  }
  if (error instanceof RateLimitedError) return patience(error, attempts);
  if (error instanceof SnoozeError) return { kind: 'snooze', until: error.until };
  if (error instanceof PermanentError || attempts.attempt >= attempts.maxAttempts) return { kind: 'fail' };
  return { kind: 'retry', delayMs: retryDelay(attempts) };
}

/**
 * Waits as long as the provider asks, and longer each time until it lets the job get on: one that asks for nothing or a
 * second, again and again, would otherwise be asked all the time.
 */
function patience({ until, lineUntil }: RateLimitedError, { snoozes = 0, ...attempts }: Attempts): Verdict {
  const leastMs = Math.min(retryDelay({ ...attempts, attempt: snoozes + 1 }), LONGEST_PATIENCE_MS);
  return { kind: 'snooze', until: new Date(Math.max(until.getTime(), Date.now() + leastMs)), lineUntil };
}

/** The wait after attempt n: base · 2^(n−1), so 1 s, 2 s, 4 s for a base of one second; at most a day. */
function retryDelay({ attempt, backoffMs, ...spread }: Attempts): number {
  return jittered(Math.min(backoffMs * 2 ** (attempt - 1), 86_400_000), spread);
}

/** A tenth of the job's age, at least one base and at most a minute: a database that goes on failing is asked less often. */
function delayAfterInterruption({ ageMs, backoffMs, ...spread }: Attempts): number {
  return jittered(Math.min(Math.max(backoffMs, ageMs / 10), 60_000), spread);
}

function jittered(delayMs: number, { jitter, random = Math.random }: Pick<Attempts, 'jitter' | 'random'>): number {
  return Math.round(delayMs * (1 + jitter * (2 * random() - 1)));
}
