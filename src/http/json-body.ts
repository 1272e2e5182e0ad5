import { json, type NextFunction, type Request, type Response } from 'express';
import { ApiError } from './api-error.js';
import { isDeep } from './json-depth.js';

/** The longest valid body is a list of a thousand ids. */
const MAX_BODY_BYTES = 100_000;

/** Reads JSON bodies. It replaces Nest's reader, whose error for invalid JSON has no code. */
export const jsonBody = [json({ limit: MAX_BODY_BYTES, verify }), nameError];

class DeepJsonError extends Error {}
class CharsetError extends Error {}

/**
 * Called before the body is parsed. The reader itself would take UTF-16 and UTF-32 too, which nobody sends (RFC 8259,
 * section 8.1) and whose nesting is not seen.
 */
function verify(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') throw new CharsetError();
  if (isDeep(body)) throw new DeepJsonError();
}

function nameError(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next(named(error));
}

/** Made here, because the reader gives errors of `verify` its own status. */
function named(error: unknown): unknown {
  if (error instanceof CharsetError) return new ApiError(415, 'UNSUPPORTED_CHARSET', 'Send the JSON in UTF-8.');
  if (error instanceof DeepJsonError) return new ApiError(400, 'JSON_TOO_DEEP', 'The body is nested too deeply.');
  return error instanceof SyntaxError ? new ApiError(400, 'MALFORMED_JSON', 'The body is not valid JSON.') : error;
}
