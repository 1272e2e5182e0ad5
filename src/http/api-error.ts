import { HttpException } from '@nestjs/common';

/** An error for the caller: a stable code, a message that explains what to do, and the HTTP status. */
export class ApiError extends HttpException {
  constructor(
    status: number,
    readonly code: string,
    message: string,
    readonly extra: {
      readonly details?: unknown;
      /** Seconds; also sent as the `Retry-After` header. */
      readonly retryAfter?: number;
    } = {},
    options?: { readonly cause?: unknown },
  ) {
    super(message, status, options);
  }
}
