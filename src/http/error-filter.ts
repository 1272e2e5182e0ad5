import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { ApiError } from './api-error.js';
import { failureOf, sendFailure, type Failure } from './failure.js';
import { orBusy } from './server-busy.js';
import type { IdentifiedRequest } from './request-id.js';

/** Codes for errors that the framework throws. */
const CODE_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
  503: 'UNAVAILABLE',
};

/** Answers every failed request in one form. Unexpected errors are logged in full and answered without details. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = orBusy(thrown);
    const request = host.switchToHttp().getRequest<IdentifiedRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const failure = describe(error);
    if (failure.status >= 500 && !(error instanceof HttpException)) {
      // Message and stack only: a database error also carries the statement's parameters.
      this.logger.error(
        `${request.method} ${request.path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    if (error !== thrown) this.logger.warn('No connection to the database got free in time; a request was refused');
    if (response.headersSent) {
      response.destroy(); // What was sent is not all: its end must not look like one.
      return;
    }
    if (failure.status === 429) response.locals['refusal'] = failure; // See `earlyRefusals`.
    sendFailure(response, failure, request.id);
  }
}

function describe(error: unknown): Failure {
  if (error instanceof ApiError) return failureOf(error);
  if (isBodyParserError(error)) {
    const code = CODE_BY_STATUS[error.status] ?? 'BAD_REQUEST';
    return { status: error.status, code, message: 'The body cannot be read.' };
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return { status, code: CODE_BY_STATUS[status] ?? `HTTP_${status}`, message: error.message };
  }
  return {
    status: 500,
    code: 'INTERNAL_ERROR',
    message: 'Unexpected error. Give the operator the request id: it is in the server’s log.',
  };
}

/** Errors of express's body parser, thrown before any route is reached. */
function isBodyParserError(error: unknown): error is { status: number; type: string } {
  return (
    error instanceof Error &&
    'type' in error &&
    'status' in error &&
    typeof error.status === 'number' &&
    typeof error.type === 'string'
  );
}
