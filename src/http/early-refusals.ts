import { createHash } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { sendFailure, type Failure } from './failure.js';
import type { IdentifiedRequest } from './request-id.js';
import { Tarpit } from './tarpit.js';

/** How many refusals are remembered. Beyond that the oldest are forgotten, and decided anew. */
const REMEMBERED = 10_000;

/** What the error filter leaves in `response.locals` of a refusal with 429. */
type Refusal = Pick<Failure, 'code' | 'message'>;

/**
 * Refuses again what was refused with 429, until the time in its `Retry-After` is over: without reading a body, checking a
 * token or finding a route, which for a flood of requests costs more than all that is done for other people; and a second
 * later (see `Tarpit`). A refusal holds for the same path, and for the same bearer token or session, or the same address where
 * there is none.
 */
export function earlyRefusals(corsOrigins: readonly string[]): RequestHandler {
  const refusals = new Map<string, Refusal & { readonly until: number }>();
  const tarpit = new Tarpit();
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method === 'OPTIONS') {
      next(); // A browser asks without the token whether it may ask with it.
      return;
    }
    const { authorization = '', cookie = '', origin } = request.headers;
    const [session = request.ip ?? ''] = /(?<=^|; *)(?:__Host-)?session=[^;]+/.exec(cookie) ?? [];
    const caller = /^bearer /i.test(authorization) ? authorization : session;
    // Hashed, because paths are long and tokens are secret.
    const key = createHash('sha256').update(`${request.path} ${caller}`).digest('base64');
    const known = refusals.get(key);
    if (known && known.until > performance.now()) {
      // The same as the other headers of this answer allow: other web apps read when to come back.
      if (origin !== undefined && corsOrigins.includes(origin)) {
        response.setHeader('Access-Control-Allow-Origin', origin);
        response.setHeader('Access-Control-Expose-Headers', 'Retry-After,X-Request-Id');
        response.setHeader('Vary', 'Origin');
      }
      tarpit.hold(response, () => {
        const waitMs = Math.max(0, known.until - performance.now());
        refuse(request, response, known, Math.ceil(waitMs / 1_000));
      });
      return;
    }
    response.once('finish', () => {
      const { refusal } = response.locals as { readonly refusal?: Refusal };
      if (response.statusCode !== 429 || !refusal || isAboutAName(request, refusal)) return;
      const { code, message } = refusal;
      const until = performance.now() + Number(response.getHeader('retry-after')) * 1_000;
      if (until < (refusals.get(key)?.until ?? 0)) return; // Of requests at the same time one was refused for longer.
      refusals.delete(key);
      refusals.set(key, { code, message, until });
      if (refusals.size > REMEMBERED) refusals.delete(refusals.keys().next().value ?? '');
    });
    next();
  };
}

/** Whether it is for one name only, which stands in the body: the same address may sign in with another one. */
function isAboutAName({ path }: Request, { code }: Refusal): boolean {
  return path === '/api/auth/sign-in' && code === 'TOO_MANY_TRIES';
}

function refuse(request: Request, response: Response, { code, message }: Refusal, retryAfter: number): void {
  const bytes = Number(request.headers['content-length'] ?? 0);
  if (bytes > 1_000_000 || request.headers['transfer-encoding'] !== undefined) {
    response.setHeader('Connection', 'close');
  }
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  const { id: requestId } = request as IdentifiedRequest; // Set by the middleware before.
  sendFailure(response, { status: 429, code, message, retryAfter }, requestId);
}
