import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import type { Config } from '../config/config.js';
import { isLoopbackHost } from '../config/environment-values.js';
import { ApiError } from './api-error.js';
import { failureOf, sendFailure } from './failure.js';
import type { IdentifiedRequest } from './request-id.js';

/** What probes and scrapes ask for, by the address of the process. */
const PROBED = /^(?:\/api)?\/health\/(?:live|ready)$|^\/metrics$/;

/**
 * Which requests are for this site, and which come from its own pages. A browser lets any page send requests to any
 * address, and lets it read the answers as well where the page's own name was made to lead here (DNS rebinding).
 */
export class OwnSite {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: ReadonlySet<string>;

  constructor(private readonly config: Pick<Config, 'allowedHosts' | 'corsOrigins' | 'production' | 'publicUrl'>) {
    this.hosts = new Set(config.allowedHosts);
    this.origins = new Set([new URL(config.publicUrl).origin, ...config.corsOrigins]);
  }

  /**
   * @param path without the query
   * @returns 421 `HOST_NOT_ALLOWED` for a request under a name that is not this server's. Probes may use any IP address or
   * `localhost`, which no page of another site can have, or no host at all (HTTP/1.0).
   */
  wrongHost({ headers: { host } }: IncomingMessage, path: string): ApiError | undefined {
    const name = (host ?? '').toLowerCase().replace(/:\d+$/, '');
    if (this.hosts.has(name) || (!this.config.production && isLoopbackHost(name))) return undefined;
    const isProbe = name === '' || isLoopbackHost(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
    if (PROBED.test(path) && isProbe) return undefined;
    // The name is left out: whoever sends the request chooses it.
    return new ApiError(
      421,
      'HOST_NOT_ALLOWED',
      `This server does not answer under this host name. Open ${this.config.publicUrl}. To use another name as well, add ` +
        'it to ALLOWED_HOSTS; a proxy in front must pass the Host header on.',
    );
  }

  /** @returns 403 `ORIGIN_NOT_ALLOWED` for a request that the page of another site sends */
  foreignPage({ headers }: IncomingMessage): ApiError | undefined {
    const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
    // Browsers send Origin with every write and every socket, and Sec-Fetch-Site to https and loopback addresses.
    const isOwn =
      origin === undefined
        ? site === 'same-origin' || site === 'none'
        : this.origins.has(origin) || this.isOwnOrigin(origin, host);
    if (isOwn) return undefined;
    return new ApiError(
      403,
      'ORIGIN_NOT_ALLOWED',
      'Pages of other sites may change nothing here and open no socket. If the site is yours, add its origin to CORS_ORIGINS.',
    );
  }

  /**
   * Whether a page of this site sends a request, or the person by opening an address: only then do cookies say who asks.
   * Pages of `CORS_ORIGINS` have tokens of their own. A request that tells neither where it comes from is a program's.
   */
  isOwnPage({ headers: { origin, host, 'sec-fetch-site': site } }: Pick<IncomingMessage, 'headers'>): boolean {
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    return origin !== undefined && this.isOwnOrigin(origin, host);
  }

  private isOwnOrigin(origin: string, host: string | undefined): boolean {
    return origin === new URL(this.config.publicUrl).origin || (URL.canParse(origin) && new URL(origin).host === host);
  }

  /** Middleware that answers requests for other hosts, and writes of other sites' pages. */
  readonly refuseOthers = (request: Request, response: Response, next: NextFunction): void => {
    const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    const refusal = this.wrongHost(request, request.path) ?? (reads ? undefined : this.foreignPage(request));
    if (refusal === undefined) {
      next();
      return;
    }
    const { id: requestId } = request as IdentifiedRequest; // Set by the first middleware.
    sendFailure(response, failureOf(refusal), requestId);
  };
}
