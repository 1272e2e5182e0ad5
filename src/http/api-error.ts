import { HttpException } from '@nestjs/common';

/** An error a caller can act on: a stable code, a sentence with the way out, and the HTTP status. */
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
