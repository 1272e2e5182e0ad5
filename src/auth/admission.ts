import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ApiError } from '../http/api-error.js';
import { AdminActions } from './admin-actions.js';
import { RequestLimits } from './request-limits.js';
import { SessionCookie } from './sessions/session-cookie.js';
import { Sessions } from './sessions/sessions.js';
import { Tokens, type Identity } from './tokens.js';
import { Users } from './users.js';

/** Who sends a request. */
export interface CallerIdentity extends Identity {
  /** Whether the account is being deleted. */
  readonly erasing: boolean;
}

/** What a place asks of those who come in. */
export interface Entrance {
  /** Operators only (role `admin`). */
  readonly admin?: boolean;
  /** Also people whose account is being deleted. */
  readonly erasing?: boolean;
  /** The path of a router that is not of Nest, see `AdminActions.noteAtEnd`. */
  readonly mount?: string;
}

/**
 * Admits requests with a bearer token or the cookie of a session, to routes and to the dashboard alike: checks it, applies the
 * request limits, creates the user's row on first sight, and records what operators change.
 */
@Injectable()
export class Admission {
  constructor(
    private readonly tokens: Tokens,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly users: Users,
    private readonly limits: RequestLimits,
    private readonly adminActions: AdminActions,
  ) {}

  /** @throws ApiError 401, 403, 409 or 429 as `Tokens.verify`, `RequestLimits` and `Users.admit` do */
  async admit(
    request: Request,
    response: Response,
    { admin = false, erasing = false, mount }: Entrance = {},
  ): Promise<CallerIdentity> {
    const identity = await this.identify(request);
    this.limits.takeForUser(identity.userId);
    if (request.method !== 'GET' && identity.admin) {
      this.adminActions.noteAtEnd(request, response, {
        actor: identity.userId,
        credential: credentialOf(identity),
        mount,
      });
    }
    // Caches know not to keep what a token has opened, but know nothing of our cookie.
    if (identity.session) response.setHeader('Cache-Control', 'no-store');
    let isErasing = false;
    if (erasing) isErasing = await this.users.admitToWatch(identity);
    else await this.users.admit(identity);
    if (admin && !identity.admin) {
      throw new ApiError(403, 'FORBIDDEN', 'This is for operators only (role admin).');
    }
    return { ...identity, erasing: isErasing };
  }

  /** Whether a request brings the cookie of an operator's session. */
  async isOperator(request: Request): Promise<boolean> {
    const secret = this.cookie.secretIn(request);
    if (secret === undefined) return false;
    return this.sessions.verify(secret).then(
      ({ admin }) => admin,
      () => false, // Other ways in are left.
    );
  }

  /** Requests with invalid tokens are counted by address, so that tokens cannot be guessed without limit. */
  private async identify(request: Request): Promise<Identity> {
    try {
      const secret = request.headers.authorization === undefined ? this.cookie.secretIn(request) : undefined;
      if (secret === undefined) return await this.tokens.verify(bearerOf(request));
      // A flood of made-up cookies does not reach the database, and people behind the same address are still let in.
      if (!this.sessions.isKnown(secret)) this.limits.refuseSpentAddress(request.ip);
      return await this.sessions.verify(secret);
    } catch (error) {
      this.limits.takeForAddress(request.ip);
      throw error;
    }
  }
}

/** What let somebody in, for the records. */
function credentialOf({ tokenId, session }: Identity): string {
  if (session) return `session ${session.id}`;
  return tokenId === undefined ? 'token' : `token ${tokenId}`;
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1). */
function bearerOf(request: Request): string {
  const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) {
    throw new ApiError(401, 'UNAUTHORIZED', 'Sign in, or send a token: Authorization: Bearer <token>.');
  }
  return token;
}
