import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Bearers } from './bearers.js';
import { countedAs, RequestLimits } from './request-limits.js';

/** Bodies of browsers and programs are shorter, but for lists of ids. */
const LARGE_BYTES = 4_000;

/** A body counts as one request more for each so many bytes that are announced. */
const BYTES_A_REQUEST = 100_000;

/**
 * Whether a request is for the route that reads its body itself, as Express finds it. How many and how large these are is
 * limited there.
 */
export function isUpload({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && /^\/api\/imports\/?(?:\?|$)/i.test(url ?? '');
}

/** What is refused unread, but would have to be received to keep the connection. */
const MOST_RECEIVED_BYTES = 1_000_000;

/**
 * Bodies are read before the guard counts a request, and one that cannot be read never gets there. Reading a large one
 * costs more than checking its token, so it is counted a first time before it is read.
 */
@Injectable()
export class LargeBodies {
  constructor(
    private readonly bearers: Bearers,
    private readonly limits: RequestLimits,
  ) {}

  /** Middleware before that which reads bodies. Routes that read theirs themselves do so after the guard. */
  readonly count = (request: Request, response: Response, next: NextFunction): void => {
    const bytes =
      request.headers['transfer-encoding'] === undefined ? Number(request.headers['content-length'] ?? 0) : Infinity;
    if (bytes <= LARGE_BYTES) {
      next();
      return;
    }
    if (bytes > MOST_RECEIVED_BYTES) response.setHeader('Connection', 'close');
    if (isUpload(request)) {
      next();
      return;
    }
    this.take(request, Number.isFinite(bytes) ? Math.ceil(bytes / BYTES_A_REQUEST) : 1).then(() => next(), next);
  };

  private async take(request: Request, requests: number): Promise<void> {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const identity =
      token === undefined || this.bearers.isGuess(token)
        ? undefined
        : await this.bearers.verify(token, request.ip).catch(() => undefined);
    if (identity) this.limits.takeForUser(countedAs(identity), requests);
    else this.limits.takeForAddress(request.ip, requests);
  }
}
