import { json, type NextFunction, type Request, type Response } from 'express';
import { ApiError } from './api-error.js';

/** The longest valid body is a list of a thousand ids. */
const MAX_BODY_BYTES = 100_000;

/** Valid bodies have three levels. Far deeper ones would overflow the stack of whatever walks through them. */
const MAX_DEPTH = 32;

/** Reads JSON bodies. It replaces Nest's reader, whose error for invalid JSON has no code. */
export const jsonBody = [json({ limit: MAX_BODY_BYTES }), refuseMalformed, refuseDeep];

function refuseMalformed(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next(error instanceof SyntaxError ? new ApiError(400, 'MALFORMED_JSON', 'The body is not valid JSON.') : error);
}

function refuseDeep({ body }: Request, _response: Response, next: NextFunction): void {
  const deep = new ApiError(400, 'JSON_TOO_DEEP', `The body is nested more than ${MAX_DEPTH} levels deep.`);
  next(isDeeperThan(MAX_DEPTH, body) ? deep : undefined);
}

/** Walks level by level, because recursion is what must not happen. */
function isDeeperThan(levels: number, value: unknown): boolean {
  let containers = [value].filter(isContainer);
  for (let depth = 0; containers.length > 0; depth += 1) {
    if (depth === levels) return true;
    containers = containers.flatMap((each) => Object.values(each)).filter(isContainer);
  }
  return false;
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
