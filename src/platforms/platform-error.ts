import type { Refusal } from './problem.js';

/** Why a provider did not give what was asked. */
export type PlatformErrorCode =
  | 'PLATFORM_RATE_LIMITED'
  | 'PLATFORM_UNAUTHORIZED'
  | 'PLATFORM_FORBIDDEN'
  | 'PLATFORM_NOT_FOUND'
  | 'PLATFORM_REFUSED'
  | 'PLATFORM_BAD_ANSWER'
  | 'PLATFORM_UNAVAILABLE';

/** A typed failure of a provider's API. What follows for the job is decided by the extraction. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';

  constructor(
    readonly code: PlatformErrorCode,
    message: string,
    readonly details: {
      /** HTTP status, where there was an answer. */
      readonly status?: number;
      /** The earliest time at which the provider allows a request again. */
      readonly retryAt?: Date;
      /** The reason, where the provider named one that we know. */
      readonly refusal?: Refusal;
    } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
