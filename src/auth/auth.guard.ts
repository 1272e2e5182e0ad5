import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { AdminActions } from './admin-actions.js';
import { ApiError } from '../http/api-error.js';
import { RequestLimits } from './request-limits.js';
import { Tokens, type Identity } from './tokens.js';
import { Users } from './users.js';

const ACCESS = 'access';

type Access = 'public' | 'unlimited' | 'erasing' | 'admin';

/** Marks a route that needs no token. All other routes do. */
export const Public = () => SetMetadata(ACCESS, 'public' satisfies Access);

/** Marks a public route without a request limit: probes and scrapes poll it all the time. */
export const PublicUnlimited = () => SetMetadata(ACCESS, 'unlimited' satisfies Access);

/** Marks a route that also answers people whose account is being deleted; the identity has `erasing` then. */
export const WhileErasing = () => SetMetadata(ACCESS, 'erasing' satisfies Access);

/** Marks a route for operators only (role `admin`). */
export const AdminOnly = () => SetMetadata(ACCESS, 'admin' satisfies Access);

/** Who sends a request. */
export interface CallerIdentity extends Identity {
  /** Whether the account is being deleted. */
  readonly erasing: boolean;
}

interface IdentifiedRequest extends Request {
  identity?: CallerIdentity;
}

/** The caller, on routes that are not public. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): CallerIdentity => {
  const { identity } = context.switchToHttp().getRequest<IdentifiedRequest>();
  if (!identity) throw new Error('@Caller() on a public route');
  return identity;
});

/**
 * Requires a valid bearer token, applies the request limits, creates the user's row on first sight, and records what
 * operators change.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: Tokens,
    private readonly users: Users,
    private readonly limits: RequestLimits,
    private readonly adminActions: AdminActions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true; // Sockets are authenticated at their handshake.
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'unlimited') return true;
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    if (access === 'public') {
      this.limits.takeForAddress(request.ip);
      return true;
    }
    const identity = await this.identify(request);
    this.limits.takeForUser(identity.userId);
    if (request.method !== 'GET' && (identity.admin || access === 'admin')) {
      this.adminActions.noteAtEnd(request, context.switchToHttp().getResponse<Response>(), identity.userId);
    }
    let erasing = false;
    if (access === 'erasing') erasing = await this.users.admitToWatch(identity);
    else await this.users.admit(identity);
    if (access === 'admin' && !identity.admin) {
      throw new ApiError(403, 'FORBIDDEN', 'This route needs a token with role admin.');
    }
    request.identity = { ...identity, erasing };
    return true;
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
