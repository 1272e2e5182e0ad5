import { Injectable } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ATTEMPT_LIFETIME_MS } from './consent-attempts.js';

const NAME = 'connect_';

/**
 * The cookies that bind attempts to connect to the browser that began them: one each, with the attempt's id in its name. On
 * https it has the prefix `__Host-`, so that no other host of the domain and no unencrypted page can put one into the
 * browser (RFC 6265bis, section 4.1.3.2); that demands the path of the whole site.
 */
@Injectable()
export class ConnectCookies {
  private readonly prefix: string;
  private readonly options: CookieOptions;

  constructor(@InjectConfig() { publicUrl }: Pick<Config, 'publicUrl'>) {
    const secure = publicUrl.startsWith('https:');
    this.prefix = secure ? `__Host-${NAME}` : NAME;
    this.options = { httpOnly: true, sameSite: 'lax', secure, path: secure ? '/' : '/api/connectors' };
  }

  set(response: Response, connectId: string, secret: string): void {
    response.cookie(this.prefix + connectId, secret, { ...this.options, maxAge: ATTEMPT_LIFETIME_MS });
  }

  clear(response: Response, connectId: string): void {
    response.clearCookie(this.prefix + connectId, this.options);
  }

  /** The secrets that the browser has, by the ids of their attempts. */
  secretsIn(request: Request): ReadonlyMap<string, string> {
    const secrets = new Map<string, string>();
    for (const [name, secret] of Object.entries(parseCookie(request.headers.cookie ?? ''))) {
      if (name.startsWith(this.prefix) && secret !== undefined) secrets.set(name.slice(this.prefix.length), secret);
    }
    return secrets;
  }
}
