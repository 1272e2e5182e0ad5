import { Injectable } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { FLOW_LIFETIME_MS, flowOf } from './flows.js';

/** What the browser keeps of a flow, and nobody else. */
export interface FlowCookie {
  readonly secret: string;
  /** What lets somebody make an account, on its way through the provider. */
  readonly invitation: string | undefined;
}

/**
 * The cookies that bind sign-ins to the browser that began them: one each, so that two tabs do not disturb each other. On
 * https with the prefix `__Host-`, so that no other host of the domain and no unencrypted page can put one into the browser
 * (RFC 6265bis, section 4.1.3.2).
 */
@Injectable()
export class FlowCookies {
  private readonly prefix: string;
  private readonly options: CookieOptions;

  constructor(@InjectConfig() { publicUrl }: Pick<Config, 'publicUrl'>) {
    const secure = publicUrl.startsWith('https:');
    this.prefix = secure ? '__Host-oidc_' : 'oidc_';
    // Lax: the provider sends the browser back, which is a navigation from another site.
    this.options = { httpOnly: true, sameSite: 'lax', secure, path: secure ? '/' : '/api/auth/oidc' };
  }

  set(response: Response, state: string, { secret, invitation }: FlowCookie): void {
    const value = invitation === undefined ? secret : `${secret}.${invitation}`;
    response.cookie(this.prefix + flowOf(state), value, { ...this.options, maxAge: FLOW_LIFETIME_MS });
  }

  clear(response: Response, state: string): void {
    response.clearCookie(this.prefix + flowOf(state), this.options);
  }

  /** Undefined in a browser that has not begun it. */
  find(request: Request, state: string): FlowCookie | undefined {
    const [, secret, invitation] =
      /^([\w-]{43})(?:\.(.*))?$/s.exec(parseCookie(request.headers.cookie ?? '')[this.prefix + flowOf(state)] ?? '') ??
      [];
    return secret === undefined ? undefined : { secret, invitation };
  }
}
