import { Injectable } from '@nestjs/common';
import { RequestLimits } from '../auth/request-limits.js';
import { sameSecret } from '../auth/same-secret.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';

/** A request for the metrics, as far as it decides who gets them. */
interface MetricsRequest {
  readonly authorization: string | undefined;
  readonly address: string | undefined;
}

/**
 * Who gets the metrics. On a port of their own nobody else is expected, so a token is asked for only where there is one.
 * On the port of the product production gives them to nobody without it.
 */
@Injectable()
export class MetricsAccess {
  constructor(
    private readonly limits: RequestLimits,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** @throws ApiError 404 where the metrics are not on this port, 401 for a wrong token, 429 for many requests without one */
  checkOnMainPort(request: MetricsRequest): void {
    const { port, token } = this.config.metrics;
    if (port !== undefined || (this.config.production && token === undefined)) {
      throw new ApiError(404, 'NOT_FOUND', 'Cannot GET /metrics');
    }
    if (token === undefined) this.limits.takeForAddress(request.address);
    else this.checkToken(request);
  }

  /** @throws ApiError 401 for a wrong token, 429 for many of them */
  checkOnOwnPort(request: MetricsRequest): void {
    if (this.config.metrics.token !== undefined) this.checkToken(request);
  }

  /** Wrong tokens are counted, so that it cannot be guessed without limit; scrapes with the right one are not. */
  private checkToken({ authorization = '', address }: MetricsRequest): void {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (sameSecret(given, this.config.metrics.token ?? '')) return;
    this.limits.takeForAddress(address);
    throw new ApiError(401, 'UNAUTHORIZED', 'Send METRICS_TOKEN: Authorization: Bearer <token>.');
  }
}
