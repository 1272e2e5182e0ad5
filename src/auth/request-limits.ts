import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import type { Identity } from './tokens.js';
import { ApiError } from '../http/api-error.js';

/** What adding up small intervals may be off by. */
const ROUNDING_MS = 0.001;

/** How many callers are counted. Beyond that the ones seen longest ago are dropped, and count from zero again. */
const REMEMBERED = 50_000;

/**
 * Limits requests and socket handshakes by caller, with a GCRA (ITU-T I.371) in this process: the whole number may come
 * at once and is refilled evenly. Callers with a valid token are counted by user id, so that people behind one address
 * do not share a limit; all others are counted by address.
 */
@Injectable()
export class RequestLimits {
  /** The theoretical arrival time of each caller's next request by `performance.now()`, least recently used first. */
  private readonly arrivals = new Map<string, number>();
  private readonly intervalMs: number;
  private readonly windowMs: number;

  constructor(@InjectConfig() config: Config) {
    const { rate } = config.api;
    this.windowMs = rate?.durationMs ?? 0;
    this.intervalMs = rate ? rate.durationMs / rate.max : 0;
  }

  /**
   * @param requests as how many it counts; more than may come at once count as that many
   * @throws ApiError 429 `TOO_MANY_REQUESTS` with the seconds until the next request is allowed
   */
  takeForUser(userId: string, requests = 1): void {
    refuseFor(this.take(`user ${userId}`, requests));
  }

  /** @throws ApiError as above */
  takeForAddress(address: string | undefined, requests = 1): void {
    refuseFor(this.take(`address ${networkOf(address ?? '')}`, requests));
  }

  /** Refuses what would be looked at in vain, without counting it. @throws ApiError as above */
  refuseSpentAddress(address: string | undefined): void {
    if (this.intervalMs === 0) return;
    const now = performance.now();
    refuseFor(this.waitFor(this.arrivalOf(`address ${networkOf(address ?? '')}`, 1, now), now));
  }

  /** Counts a request that is allowed. @returns 0, or the seconds until the next one is */
  waitForUser(userId: string): number {
    return this.take(`user ${userId}`);
  }

  /**
   * Counts the handshake of a socket, whose token comes later. It has a count of its own: requests without a token must
   * not keep those behind the same address who have one from opening sockets.
   */
  waitForHandshake(address: string | undefined): number {
    return this.take(`handshakes ${networkOf(address ?? '')}`);
  }

  /** Takes a handshake back that turned out to be that of a person with a valid token, who is counted by user id. */
  giveBackHandshake(address: string | undefined): void {
    const caller = `handshakes ${networkOf(address ?? '')}`;
    const arrival = this.arrivals.get(caller);
    if (arrival !== undefined) this.arrivals.set(caller, arrival - this.intervalMs);
  }

  private take(caller: string, requests = 1): number {
    if (this.intervalMs === 0) return 0;
    const now = performance.now();
    const arrival = this.arrivalOf(caller, requests, now);
    const waitS = this.waitFor(arrival, now);
    if (waitS > 0) return waitS;
    this.arrivals.delete(caller);
    this.arrivals.set(caller, arrival);
    if (this.arrivals.size > REMEMBERED) this.arrivals.delete(this.arrivals.keys().next().value ?? '');
    return 0;
  }

  /** The theoretical arrival time of the request after these. */
  private arrivalOf(caller: string, requests: number, now: number): number {
    const costMs = Math.min(requests * this.intervalMs, this.windowMs);
    return Math.max(this.arrivals.get(caller) ?? 0, now) + costMs;
  }

  /** Seconds; 0 for what is allowed now. */
  private waitFor(arrival: number, now: number): number {
    const waitMs = arrival - now - this.windowMs;
    return waitMs > ROUNDING_MS ? Math.ceil(waitMs / 1000) : 0;
  }
}

function refuseFor(retryAfter: number): void {
  if (retryAfter === 0) return;
  const message = 'Too many requests. Wait for the time in Retry-After.';
  throw new ApiError(429, 'TOO_MANY_REQUESTS', message, { retryAfter });
}

/** Whom an address stands for: for IPv6 its /64 prefix, because one customer has all addresses in it. */
export function networkOf(address: string): string {
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

/** As whom somebody is counted: programs of a person together, so that they never keep the person from ending them. */
export function countedAs({ userId, program }: Pick<Identity, 'userId' | 'program'>): string {
  return program ? `programs of ${userId}` : userId;
}
