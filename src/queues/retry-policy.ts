import { JobTimeoutError, PermanentError, ShutdownError, SnoozeError } from './errors.js';

/** What happens after a run that threw. */
export type Verdict =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'snooze'; readonly until: Date }
  /** Continues from its checkpoint at once, without spending an attempt. */
  | { readonly kind: 'hand-back' }
  | { readonly kind: 'fail' };

interface Attempts {
  /** The attempt that has just failed, from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Whether the run has stored a new checkpoint. */
  readonly moved: boolean;
  readonly backoffMs: number;
  /** 0.2 changes each wait by up to ±20 %, so that jobs that failed together are not retried together. */
  readonly jitter: number;
  readonly random?: () => number;
}

/** Decides what happens after a failed run. Waits between attempts are computed only here. */
export function judge(error: unknown, attempts: Attempts): Verdict {
  if (error instanceof ShutdownError) return { kind: 'hand-back' };
  if (error instanceof JobTimeoutError && attempts.moved) return { kind: 'hand-back' };
  if (error instanceof SnoozeError) return { kind: 'snooze', until: error.until };
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
