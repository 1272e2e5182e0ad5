import { storableText } from '../database/storable.js';

/**
 * How a run can end besides returning: never again, later, and every other error. Anything that is neither of the first
 * two is tried again with a growing delay until the attempts are spent.
 */

/** Never again: trying once more cannot help (a revoked grant, an input that is refused). */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Try later: a provider named the earliest instant; no attempt is spent and no slot is held until then. */
export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError';
  readonly code = 'RATE_LIMITED';

  constructor(
    readonly until: Date,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Try later: other work of ours has to end first; no attempt is spent and no slot is held until then. */
export class BlockedError extends Error {
  override readonly name = 'BlockedError';
  readonly code = 'BLOCKED';

  constructor(
    readonly until: Date,
    message: string,
  ) {
    super(message);
  }
}

/** The run reached its time limit, which counts from its claim. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
  readonly code = 'TIMEOUT';
}

/**
 * The run no longer owns its job: it was cancelled, or its lease ran out and another worker claimed it. Its writes
 * change nothing from here on, and nothing it does counts.
 */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly code = 'FENCED';
}

/** The process is going down; the job is handed back at its checkpoint without spending an attempt. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError';
  readonly code = 'SHUTDOWN';
}

/** The code and the sentence kept with a failed job; errors of ours carry a code, all others are unexpected. */
export function describeError(error: unknown): { code: string; message: string; stack: string | null } {
  if (!(error instanceof Error)) return { code: 'UNEXPECTED', message: storableText(String(error)), stack: null };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNEXPECTED';
  return {
    code: storableText(code),
    message: storableText(error.message),
    stack: error.stack ? storableText(error.stack) : null,
  };
}
