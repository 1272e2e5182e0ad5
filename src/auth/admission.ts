import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ApiError } from '../http/api-error.js';
import { AdminActions } from './admin-actions.js';
import { RequestLimits } from './request-limits.js';
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
 * Admits requests with bearer tokens, to routes and to the dashboard alike: checks the token, applies the request limits,
 * creates the user's row on first sight, and records what operators change.
 */
@Injectable()
export class Admission {
  constructor(
    private readonly tokens: Tokens,
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
      const credential = identity.tokenId === undefined ? 'token' : `token ${identity.tokenId}`;
      this.adminActions.noteAtEnd(request, response, { actor: identity.userId, credential, mount });
    }
    let isErasing = false;
    if (erasing) isErasing = await this.users.admitToWatch(identity);
    else await this.users.admit(identity);
    if (admin && !identity.admin) {
      throw new ApiError(403, 'FORBIDDEN', 'This route needs a token with role admin.');
    }
    return { ...identity, erasing: isErasing };
  }

  /** Requests with invalid tokens are counted by address, so that tokens cannot be guessed without limit. */
  private async identify(request: Request): Promise<Identity> {
    try {
      return await this.tokens.verify(bearerOf(request));
    } catch (error) {
      this.limits.takeForAddress(request.ip);
      throw error;
    }
  }
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1). */
function bearerOf(request: Request): string {
  const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) {
    throw new ApiError(401, 'UNAUTHORIZED', 'Send a token: Authorization: Bearer <token>.');
  }
  return token;
}
