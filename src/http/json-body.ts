import { json, type NextFunction, type Request, type Response } from 'express';
import { ApiError } from './api-error.js';

/** The longest body of ours is a list of a thousand ids. */
const MAX_BODY_BYTES = 100_000;

/** Reads JSON bodies; used in place of Nest's own reader, which would turn broken JSON into an error without a code. */
export const jsonBody = [json({ limit: MAX_BODY_BYTES }), refuseMalformed];

function refuseMalformed(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next(error instanceof SyntaxError ? new ApiError(400, 'MALFORMED_JSON', 'The body is not valid JSON.') : error);
}
