import { BlockedError, JobTimeoutError, PermanentError, RateLimitedError, ShutdownError } from './errors.js';

/** What becomes of a run that threw. */
export type Verdict =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'snooze'; readonly until: Date }
  /** Goes on from its checkpoint, at once and without spending an attempt. */
  | { readonly kind: 'hand-back' }
  | { readonly kind: 'fail' };

interface Attempts {
  /** The attempt that has just failed, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Whether the run got further before it ended. */
  readonly moved: boolean;
  readonly backoffMs: number;
  /** 0.2 spreads each wait by ±20 %, so that jobs that failed together do not come back together. */
  readonly jitter: number;
  readonly random?: () => number;
}

/** Decides over a failed run. This is the only place where waits between attempts are computed. */
export function judge(error: unknown, attempts: Attempts): Verdict {
  if (error instanceof ShutdownError) return { kind: 'hand-back' };
  if (error instanceof JobTimeoutError && attempts.moved) return { kind: 'hand-back' };
  if (error instanceof RateLimitedError || error instanceof BlockedError) return { kind: 'snooze', until: error.until };
  if (error instanceof PermanentError || attempts.attempt >= attempts.maxAttempts) return { kind: 'fail' };
  return { kind: 'retry', delayMs: retryDelay(attempts) };
}

/** The wait after attempt n: base · 2^(n−1), so 1 s, 2 s, 4 s for a base of one second; at most a day. */
function retryDelay({
  attempt,
  backoffMs,
  jitter,
  random = Math.random,
}: Omit<Attempts, 'maxAttempts' | 'moved'>): number {
  const doubled = Math.min(backoffMs * 2 ** (attempt - 1), 86_400_000);
  return Math.round(doubled * (1 + jitter * (2 * random() - 1)));
}
