import { ConnectionsBusyError } from '../database/failures.js';
import { ApiError } from './api-error.js';

/** Seconds after which it is worth asking again. */
const RETRY_AFTER_S = 2;

/** The answer to what would have to wait too long for others. Nothing was done. */
export function serverBusy(cause?: unknown): ApiError {
  return new ApiError(
    503,
    'SERVER_BUSY',
    'The server is busy, and nothing was done. Try again after the time in Retry-After.',
    { retryAfter: RETRY_AFTER_S },
    { cause },
  );
}

/** Makes the refusal of a busy database an answer; other errors stay as they are. */
export function orBusy(error: unknown): unknown {
  return error instanceof ConnectionsBusyError ? serverBusy(error) : error;
}
