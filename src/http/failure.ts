import type { ServerResponse } from 'node:http';
import type { ApiError } from './api-error.js';

/** What a failed request is answered with. */
export interface Failure {
  /** Of HTTP. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  /** Seconds; also sent as the `Retry-After` header. */
  readonly retryAfter?: number;
}

export function failureOf(error: ApiError): Failure {
  return { status: error.getStatus(), code: error.code, message: error.message, ...error.extra };
}

/** The body of the answer, in the API's form. */
export function bodyOf({ status: _, ...error }: Failure, requestId?: string): string {
  return JSON.stringify({ success: false, error, requestId });
}

/** Answers a failed request, whether Express has it or only Node. */
export function sendFailure(response: ServerResponse, failure: Failure, requestId?: string): void {
  const body = bodyOf(failure, requestId);
  if (failure.retryAfter !== undefined) response.setHeader('Retry-After', String(Math.ceil(failure.retryAfter)));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.writeHead(failure.status);
  response.end(body);
}
