import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ApiError } from '../http/api-error.js';
import { Tokens, type Identity } from './tokens.js';
import { Users } from './users.js';

const ACCESS = 'access';

/** Opens a route to everybody; without this, every route asks for a token. */
export const Public = () => SetMetadata(ACCESS, 'public');

/** Keeps a route to operators. */
export const AdminOnly = () => SetMetadata(ACCESS, 'admin');

interface IdentifiedRequest extends Request {
  identity?: Identity;
}

/** The caller, on routes that are not public. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Identity => {
  const { identity } = context.switchToHttp().getRequest<IdentifiedRequest>();
  if (!identity) throw new Error('@Caller() on a public route');
  return identity;
});

/** Lets in who carries a valid bearer token, and makes their user row on first sight. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: Tokens,
    private readonly users: Users,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true; // Sockets are authenticated at their handshake.
    const access = this.reflector.getAllAndOverride<'public' | 'admin' | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    const identity = await this.tokens.verify(bearerOf(request));
    if (access === 'admin' && !identity.admin)
      throw new ApiError(403, 'FORBIDDEN', 'This needs a token with role admin.');
    await this.users.admit(identity);
    request.identity = identity;
    return true;
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
