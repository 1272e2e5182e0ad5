import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { providerRequests } from '../metrics/metrics.js';
import { CircuitBreaker } from '../platforms/circuit-breaker.js';
import { PlatformClient } from '../platforms/platform-client.js';
import type { PlatformAccess } from './platform-access.js';
import { RequestBudgets } from './request-budgets.js';

/** Creates the clients for the platforms' APIs. */
@Injectable()
export class PlatformClients {
  private readonly breakers = new Map<string, CircuitBreaker>();

  constructor(
    @InjectConfig() private readonly config: Config,
    private readonly budgets: RequestBudgets,
  ) {}

  /** @param accessToken returns a valid token; called with a rejected one it returns another or throws */
  create(
    access: PlatformAccess,
    userId: string,
    accessToken: (rejected?: string) => Promise<string>,
    signal: AbortSignal,
  ): PlatformClient {
    const { platform, apiUrl } = access;
    return new PlatformClient({
      platform: platform.name,
      title: platform.title,
      apiUrl,
      headers: platform.headers,
      refusals: platform.refusals,
      rateLimitedUntil: platform.rateLimitedUntil,
      usedUpUntil: platform.usedUpUntil,
      budget: this.budgets.of(access, userId),
      breaker: this.breakerOf(apiUrl),
      caller: userId,
      reach: apiUrl === platform.apiUrl ? 'public' : 'any',
      accessToken,
      onAnswer: (status) => providerRequests.inc({ platform: platform.name, status: String(status) }),
      signal,
      retryBaseMs: this.config.platformRetryBaseMs,
    });
  }

  /**
   * Until when the platform is asked for nobody: it does not answer, or has no requests left for all together. Undefined
   * while it can be asked for somebody.
   */
  async closedUntil(access: PlatformAccess): Promise<Date | undefined> {
    const openUntil = this.breakerOf(access.apiUrl).openUntil?.getTime() ?? 0;
    const waitMs = await this.budgets.sharedWaitMs(access);
    const until = Math.max(openUntil, waitMs > 0 ? Date.now() + waitMs : 0);
    return until > 0 ? new Date(until) : undefined;
  }

  private breakerOf(apiUrl: string): CircuitBreaker {
    const breaker = this.breakers.get(apiUrl) ?? new CircuitBreaker();
    this.breakers.set(apiUrl, breaker);
    return breaker;
  }
}
