import { TransientDatabaseError } from '../database/connection.js';
import { JobTimeoutError, PermanentError, ShutdownError, SnoozeError } from './errors.js';

/** What happens after a run that threw. */
export type Verdict =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'snooze'; readonly until: Date }
  /** Continues from its checkpoint at once, without spending an attempt. */
  | { readonly kind: 'hand-back' }
  /** Continues from its checkpoint after a wait, without spending an attempt. */
  | { readonly kind: 'resume'; readonly delayMs: number }
  | { readonly kind: 'fail' };

interface Attempts {
  /** The attempt that has just failed, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Whether the run has stored a new checkpoint. */
  readonly moved: boolean;
  /** The job's age when the run began, in milliseconds. */
  readonly ageMs: number;
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
  if (error instanceof JobTimeoutError && attempts.moved) return { kind: 'hand-back' };
  if (error instanceof TransientDatabaseError && attempts.ageMs < BLAMELESS_MS) {
    return { kind: 'resume', delayMs: resumeDelay(attempts) };
  }
  if (error instanceof SnoozeError) return { kind: 'snooze', until: error.until };
  if (error instanceof PermanentError || attempts.attempt >= attempts.maxAttempts) return { kind: 'fail' };
  return { kind: 'retry', delayMs: retryDelay(attempts) };
}

/** The wait after attempt n: base · 2^(n−1), so 1 s, 2 s, 4 s for a base of one second; at most a day. */
function retryDelay({ attempt, backoffMs, ...spread }: Attempts): number {
  return jittered(Math.min(backoffMs * 2 ** (attempt - 1), 86_400_000), spread);
}

/** A tenth of the job's age, at least one base and at most a minute: a database that goes on failing is asked less often. */
function resumeDelay({ ageMs, backoffMs, ...spread }: Attempts): number {
  return jittered(Math.min(Math.max(backoffMs, ageMs / 10), 60_000), spread);
}

function jittered(delayMs: number, { jitter, random = Math.random }: Pick<Attempts, 'jitter' | 'random'>): number {
  return Math.round(delayMs * (1 + jitter * (2 * random() - 1)));
}
