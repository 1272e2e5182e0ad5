import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { CookieOptions, Response } from 'express';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { OwnSite } from '../../http/own-site.js';
import { SESSION_LIFETIME_MS } from './sessions.js';

/** What `Sessions` makes. */
const SECRET = /^[\w-]{43}$/;

/**
 * The cookie of a session. No script reads it. On https its name has the prefix `__Host-`, so that no other host of the
 * domain and no unencrypted page can put one into the browser (RFC 6265bis, section 4.1.3.2).
 */
@Injectable()
export class SessionCookie {
  private readonly name: string;
  private readonly options: CookieOptions;
  private readonly site: OwnSite;

  constructor(@InjectConfig() config: Config) {
    const secure = config.publicUrl.startsWith('https:');
    this.name = secure ? '__Host-session' : 'session';
    this.options = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
    this.site = new OwnSite(config);
  }

  set(response: Response, secret: string): void {
    response.cookie(this.name, secret, { ...this.options, maxAge: SESSION_LIFETIME_MS });
  }

  clear(response: Response): void {
    response.clearCookie(this.name, this.options);
  }

  /** The secret that a request brings, if it comes from a page of ours: browsers add cookies to those of other sites too. */
  secretIn(request: Pick<IncomingMessage, 'headers'>): string | undefined {
    const secret = parseCookie(request.headers.cookie ?? '')[this.name];
    return secret !== undefined && SECRET.test(secret) && this.site.isOwnPage(request) ? secret : undefined;
  }
}
