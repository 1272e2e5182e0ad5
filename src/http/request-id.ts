import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/** A request with the id that its answer and its log lines carry. */
export interface IdentifiedRequest extends Request {
  id: string;
}

/** Gives every request an id; a proxy's own is kept when it looks like one. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  const id = given !== undefined && /^[\w.-]{8,100}$/.test(given) ? given : randomUUID();
  (request as IdentifiedRequest).id = id; // From here on it is one.
  response.setHeader('X-Request-Id', id);
  next();
}
