import { json, type NextFunction, type Request, type Response } from 'express';
import { ApiError } from './api-error.js';

/** The longest valid body is a list of a thousand ids. */
const MAX_BODY_BYTES = 100_000;

/** Reads JSON bodies. It replaces Nest's reader, whose error for invalid JSON has no code. */
export const jsonBody = [json({ limit: MAX_BODY_BYTES }), refuseMalformed];

function refuseMalformed(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next(error instanceof SyntaxError ? new ApiError(400, 'MALFORMED_JSON', 'The body is not valid JSON.') : error);
}
