import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';

/** More callers than this are not told apart: those seen longest ago begin anew. */
const REMEMBERED = 50_000;

/**
 * How many requests and socket handshakes somebody may make: as a GCRA (ITU-T I.371) of this process, which lets the
 * whole number through at once and then as many as come back with time. Who carries a valid token is counted by name,
 * so that people behind one address do not use up each other's; everybody else is counted by address.
 */
@Injectable()
export class RequestLimits {
  /** For each caller the theoretical arrival time of the next request, in milliseconds; in the order of last use. */
  private readonly arrivals = new Map<string, number>();
  private readonly intervalMs: number;
  private readonly windowMs: number;

  constructor(@InjectConfig() config: Config) {
    const { rate } = config.api;
    this.windowMs = rate?.durationMs ?? 0;
    this.intervalMs = rate ? rate.durationMs / rate.max : 0;
  }

  /** @throws ApiError 429 `TOO_MANY_REQUESTS` with the seconds after which there is room again */
  takeForUser(userId: string): void {
    this.take(`user ${userId}`);
  }

  /** @throws ApiError as above */
  takeForAddress(address: string | undefined): void {
    this.take(`address ${networkOf(address ?? '')}`);
  }

  private take(caller: string): void {
    if (this.intervalMs === 0) return;
    const now = Date.now();
    const arrival = Math.max(this.arrivals.get(caller) ?? 0, now) + this.intervalMs;
    const waitMs = arrival - now - this.windowMs;
    if (waitMs > 0.001) {
      throw new ApiError(429, 'TOO_MANY_REQUESTS', 'Too many requests; wait as long as Retry-After says.', {
        retryAfter: Math.ceil(waitMs / 1000),
      });
    }
    this.arrivals.delete(caller);
    this.arrivals.set(caller, arrival);
    if (this.arrivals.size > REMEMBERED) this.arrivals.delete(this.arrivals.keys().next().value ?? '');
  }
}

/** Of IPv6 the /64 that one customer has; addresses within it are free to choose. */
function networkOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.replace(/%.*$/, '').split('::');
  const front = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - front.length - (tail === '' ? 0 : tail.split(':').length);
  return [...front, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .map((group) => parseInt(group || '0', 16).toString(16))
    .join(':');
}
