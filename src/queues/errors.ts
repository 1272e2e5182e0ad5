import { storableText } from '../database/storable.js';

/**
 * How a run can fail. `PermanentError` is not retried, a `SnoozeError` waits until its time, and every other error is
 * retried with a growing delay until the attempts are spent.
 */

/** Why a job failed or waits, in words for its person, and who can mend it; `nobody` where it passes by itself. */
export interface JobProblem {
  /** For programs; stable. */
  readonly code: string;
  readonly message: string;
  readonly actor: 'person' | 'operator' | 'provider' | 'nobody';
}

/** Options of an error whose problem may be known. */
type Explained = ErrorOptions & { readonly problem?: JobProblem | undefined };

/** Not retried, because a retry cannot help (a revoked grant, refused input). */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly problem: JobProblem | undefined;

  constructor(
    readonly code: string,
    message: string,
    { problem, ...options }: Explained = {},
  ) {
    super(message, options);
    this.problem = problem;
  }
}

/** Retried, as every other error is, but with a problem that the person can be told. */
export class TemporaryError extends Error {
  override readonly name = 'TemporaryError';

  constructor(
    readonly code: string,
    message: string,
    readonly problem: JobProblem,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The run cannot go on before a known time. Until then no attempt is spent and no slot is held. */
export abstract class SnoozeError extends Error {
  abstract readonly code: string;

  constructor(
    readonly until: Date,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The code of what waits for a provider. */
export const RATE_LIMITED = 'RATE_LIMITED';

/** A provider gave the earliest time for a retry. */
export class RateLimitedError extends SnoozeError {
  override readonly name = 'RateLimitedError';
  override readonly code = RATE_LIMITED;
  /** Until when no other job of its line can go on either: none is started before then, and this one keeps its place. */
  readonly lineUntil: Date | undefined;
  readonly problem: JobProblem | undefined;

  constructor(until: Date, message: string, { lineUntil, problem, ...options }: Explained & { lineUntil?: Date } = {}) {
    super(until, message, options);
    this.lineUntil = lineUntil;
    this.problem = problem;
  }
}

/** Other work has to end first; the time is when to look again. */
export class BlockedError extends SnoozeError {
  override readonly name = 'BlockedError';
  override readonly code = 'BLOCKED';
}

/** The run reached its time limit, which counts from its claim. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
  readonly code = 'TIMEOUT';
}

/**
 * The run no longer owns its job: it was cancelled, or its lease ran out and another worker claimed it. Its later
 * writes change nothing.
 */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly code = 'FENCED';
}

/** The process is shutting down; the job is handed back at its checkpoint without spending an attempt. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError';
  readonly code = 'SHUTDOWN';
}

/** What is stored with a failed job. Errors without a code are unexpected. */
interface ErrorDescription {
  readonly code: string;
  readonly message: string;
  readonly stack: string | null;
  /** Null where nothing is known that a person could be told. */
  readonly problem: JobProblem | null;
}

/** The code, message and problem of an error, as they are stored with its job. */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) {
    return { code: 'UNEXPECTED', message: storableText(String(error)), stack: null, problem: null };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNEXPECTED';
  return {
    code: storableText(code),
    message: storableText(error.message),
    stack: error.stack ? storableText(error.stack) : null,
    problem: isExplained(error) ? (error.problem ?? null) : null,
  };
}

function isExplained(error: Error): error is PermanentError | TemporaryError | RateLimitedError {
  return error instanceof PermanentError || error instanceof TemporaryError || error instanceof RateLimitedError;
}
