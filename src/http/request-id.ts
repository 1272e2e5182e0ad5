import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/** A request with the id that is sent in its answer and written in its log lines. */
export interface IdentifiedRequest extends Request {
  id: string;
}

/** Gives every request an id; a well-formed one from a proxy is kept. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  const id = given !== undefined && /^[\w.-]{8,100}$/.test(given) ? given : randomUUID();
  (request as IdentifiedRequest).id = id; // Now it has one.
  response.setHeader('X-Request-Id', id);
  next();
}
