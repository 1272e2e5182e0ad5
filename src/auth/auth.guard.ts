import { createParamDecorator, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { Admission, type CallerIdentity } from './admission.js';
import { RequestLimits } from './request-limits.js';
import { SCOPED, type ScopeDemand } from './scoped.js';

const ACCESS = 'access';

type Access = 'public' | 'unlimited' | 'erasing' | 'admin';

/** Marks a route for everybody. All others need a token or a session. */
export const Public = () => SetMetadata(ACCESS, 'public' satisfies Access);

/** Marks a public route without a request limit: probes and scrapes poll it all the time. */
export const PublicUnlimited = () => SetMetadata(ACCESS, 'unlimited' satisfies Access);

/** Marks a route that also answers people whose account is being deleted; the identity has `erasing` then. */
export const WhileErasing = () => SetMetadata(ACCESS, 'erasing' satisfies Access);

/** Marks a route for operators only (role `admin`). */
export const AdminOnly = () => SetMetadata(ACCESS, 'admin' satisfies Access);

interface IdentifiedRequest extends Request {
  identity?: CallerIdentity;
}

/** The caller, on routes that are not public. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): CallerIdentity => {
  const { identity } = context.switchToHttp().getRequest<IdentifiedRequest>();
  if (!identity) throw new Error('@Caller() on a public route');
  return identity;
});

/** Requires a valid bearer token or a session, unless the route is public; then it only applies the request limits. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly admission: Admission,
    private readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true; // Sockets are authenticated at their handshake.
    const places = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, places);
    if (access === 'unlimited') return true;
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    if (access === 'public') {
      this.limits.takeForAddress(request.ip);
      return true;
    }
    request.identity = await this.admission.admit(request, context.switchToHttp().getResponse<Response>(), {
      admin: access === 'admin',
      erasing: access === 'erasing',
      scoped: this.reflector.getAllAndOverride<ScopeDemand | undefined>(SCOPED, places),
    });
    return true;
  }
}
