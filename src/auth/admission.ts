import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ApiError } from '../http/api-error.js';
import { ReadLog } from './access-tokens/read-log.js';
import { AdminActions } from './admin-actions.js';
import { Bearers } from './bearers.js';
import { countedAs, RequestLimits } from './request-limits.js';
import type { ScopeDemand } from './scoped.js';
import { isForAdministrators, scopeMissing, type Program, type Scope } from './scopes.js';
import { SessionCookie } from './sessions/session-cookie.js';
import { Sessions } from './sessions/sessions.js';
import type { Identity } from './tokens.js';
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
  /** Programs that have what it asks for; without it none. */
  readonly scoped?: ScopeDemand | undefined;
  /** The path of a router that is not of Nest, see `AdminActions.noteAtEnd`. */
  readonly mount?: string;
}

/**
 * Admits requests with a bearer token or the cookie of a session, to routes and to the dashboard alike: checks it and its
 * scopes, applies the request limits, creates the user's row on first sight, and records what operators change and what
 * programs read.
 */
@Injectable()
export class Admission {
  constructor(
    private readonly bearers: Bearers,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly users: Users,
    private readonly limits: RequestLimits,
    private readonly adminActions: AdminActions,
    private readonly reads: ReadLog,
  ) {}

  /** @throws ApiError 401, 403, 409 or 429 as `Tokens.verify`, `RequestLimits` and `Users.admit` do */
  async admit(
    request: Request,
    response: Response,
    { admin = false, erasing = false, scoped, mount }: Entrance = {},
  ): Promise<CallerIdentity> {
    const known = await this.identify(request);
    this.limits.takeForUser(countedAs(known));
    const scope = known.program && scopeFor(known.program, scoped);
    const identity = scope === undefined ? known : { ...known, admin: isForAdministrators(scope) };
    if (identity.admin && isAct(request, admin)) {
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
    if (identity.program && scope !== undefined && !scoped?.inside) {
      this.reads.noteAtEnd(request, response, identity.userId, identity.program, scope);
    }
    return { ...identity, erasing: isErasing };
  }

  /** Whether a request brings the cookie of an operator's session. */
  async isOperator(request: Request): Promise<boolean> {
    const secret = this.cookie.secretIn(request);
    if (secret === undefined) return false;
    if (!this.sessions.isKnown(secret)) this.limits.refuseSpentAddress(request.ip);
    return this.sessions.verify(secret).then(
      ({ admin }) => admin,
      () => false, // Other ways in are left.
    );
  }

  /** Requests with invalid tokens are counted by address, so that tokens cannot be guessed without limit. */
  private async identify(request: Request): Promise<Identity> {
    try {
      const secret = request.headers.authorization === undefined ? this.cookie.secretIn(request) : undefined;
      if (secret === undefined) {
        const bearer = bearerOf(request);
        if (this.bearers.isGuess(bearer)) this.limits.refuseSpentAddress(request.ip);
        return await this.bearers.verify(bearer, request.ip);
      }
      // A flood of made-up cookies does not reach the database, and people behind the same address are still let in.
      if (!this.sessions.isKnown(secret)) this.limits.refuseSpentAddress(request.ip);
      return await this.sessions.verify(secret);
    } catch (error) {
      this.limits.takeForAddress(request.ip);
      throw error;
    }
  }
}

/**
 * The scope by which a program may enter.
 * @throws ApiError 403 `SCOPE_MISSING`, or `TOKEN_NOT_ALLOWED` where no program may
 */
function scopeFor({ scopes }: Program, demand: ScopeDemand | undefined): Scope {
  const [first] = demand?.anyOf ?? [];
  if (first === undefined) {
    throw new ApiError(403, 'TOKEN_NOT_ALLOWED', 'No program can do this with an access token. Sign in yourself.');
  }
  const scope = demand?.anyOf.find((each) => scopes.has(each));
  if (scope === undefined) throw scopeMissing(first);
  return scope;
}

/** Whether an administrator does something as such: with their own things they do what everybody does. */
function isAct({ method, route }: Request, isForOperators: boolean): boolean {
  const { path = '' } = (route ?? {}) as { readonly path?: string }; // Express has no type for it.
  return method !== 'GET' && (isForOperators || path.startsWith('/api/jobs/'));
}

/** What let somebody in, for the records. */
function credentialOf({ tokenId, session, program }: Identity): string {
  if (program) return `access token ${program.id}`;
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
