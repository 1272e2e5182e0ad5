import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { type CircuitBreaker } from './circuit-breaker.js';
import { ApiAddress, describeAddress, type Query } from './api-address.js';
import { type AnswerHeaders, exchange, type ExchangeLimits, type HttpAnswer, NetworkFault } from './http-exchange.js';
import { PlatformError, type PlatformErrorCode } from './platform-error.js';
import type { Refusal } from './problem.js';
import { atOurPace, reasonOf, type RefusalReason, slowDown } from './refusal-reasons.js';
import type { RequestBudget } from './request-budget.js';
import { isJson, MalformedJson, parseBody } from './response-body.js';
import { clockOf, retryAfterMs } from './retry-after.js';

const DEFAULT_LIMITS: PlatformClientLimits = {
  headersMs: 15_000,
  idleMs: 10_000,
  totalMs: 30_000,
  bodyBytes: 10 * 1024 * 1024,
  tries: 8,
  waitMs: 10_000,
};
/** Broken JSON is rarer than an outage and more often lasting, so it gets fewer tries. */
const MALFORMED_TRIES = 3;
/** Pause after a 429 without a time (ms). */
const RATE_LIMIT_MS = 60_000;
const MAX_REDIRECTS = 3;

/** Times in milliseconds, sizes in bytes. */
export interface PlatformClientLimits extends ExchangeLimits {
  /** How often one request is sent in all. */
  readonly tries: number;
  /** The longest wait inside a request; a longer one is thrown as an error with its end. */
  readonly waitMs: number;
}

export interface PlatformClientOptions {
  readonly platform: string;
  /** Its name in sentences; the other name without it. */
  readonly title?: string;
  /** Base of all requests; may have a path itself (`http://127.0.0.1:3002/spotify`). */
  readonly apiUrl: string;
  /** A valid access token. Given one that the API rejected, it must get a new one; what it throws passes through. */
  readonly accessToken: (rejected?: string) => Promise<string>;
  /** Ends requests and waits; its reason is thrown. */
  readonly signal: AbortSignal;
  /** The first wait between two tries; it doubles each time. */
  readonly retryBaseMs: number;
  /** Sent with every request, names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Why the platform refuses, see `Platform`; without it every refusal is one without a reason. */
  readonly refusals?: readonly RefusalReason[];
  /** Recognises a rate limit besides 429, see `Platform`. */
  readonly rateLimitedUntil?: ((answer: HttpAnswer, now: Date) => Date | undefined) | undefined;
  /** Recognises the last request that was allowed for now, see `Platform`. */
  readonly usedUpUntil?: ((headers: AnswerHeaders, now: Date) => Date | undefined) | undefined;
  /** Every request is taken from it, and it is blocked while the provider allows none. */
  readonly budget?: RequestBudget;
  /** Knows whether the platform is down; shared by all clients of it. */
  readonly breaker?: CircuitBreaker;
  /** Whose requests these are, for the breaker; without it the client's own. */
  readonly caller?: string;
  /** `public` for an address that the configuration did not name, see `ExchangeOptions`. */
  readonly reach?: 'public' | 'any';
  /** Called after every try with the status of its answer, or `network` when there was none. */
  readonly onAnswer?: (status: number | 'network') => void;
  /** Source of the jitter, from 0 to 1. */
  readonly random?: () => number;
  readonly limits?: Partial<PlatformClientLimits>;
}

/** Checked data of a successful request. */
export interface PlatformAnswer<T> {
  readonly data: T;
  readonly status: number;
  readonly headers: AnswerHeaders;
}

export interface GetOptions {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure that may pass: what it is if no more tries are left, how many there are, and how long the provider asks us to wait. */
interface Fault {
  readonly error: PlatformError;
  readonly tries: number;
  readonly retryAfterMs?: number | undefined;
}

/** A request over all its tries. */
interface Pending<T> {
  readonly url: URL;
  readonly schema: z.ZodType<T>;
  readonly headers: Readonly<Record<string, string>>;
  /** A token is renewed once; a second 401 means that the grant is gone. */
  renewed: boolean;
  /** Whether the answer may be that nothing changed. */
  readonly conditional: boolean;
}

/** The answer is the one that is known already (304). */
const UNCHANGED = Symbol('unchanged');

/** The one place where a provider's HTTP becomes checked data or a typed error. */
export class PlatformClient {
  /** The platform it speaks to. */
  readonly platform: string;
  readonly #options: PlatformClientOptions;
  readonly #limits: PlatformClientLimits;
  readonly #address: ApiAddress;
  readonly #random: () => number;

  constructor(options: PlatformClientOptions) {
    this.platform = options.platform;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#address = new ApiAddress(options.apiUrl);
    this.#random = options.random ?? Math.random;
  }

  /**
   * Reads JSON from a path below the API's base, or from an absolute address there (pagination). Repeats what may pass
   * (network, time-outs, 408, 429, 5xx); throws a `PlatformError` for everything the provider does, the reason of an
   * abort, and whatever `accessToken` throws. Sources: RFC 9110 section 10.2.3 (Retry-After) and 15 (status codes).
   */
  async get<T>(pathOrUrl: string, schema: z.ZodType<T>, options: GetOptions = {}): Promise<PlatformAnswer<T>> {
    const answer = await this.#get(pathOrUrl, schema, options, false);
    if (answer === UNCHANGED) throw new Error('An unconditional request has no unchanged answer');
    return answer;
  }

  /**
   * The same, unless the answer is still the one that came with this entity tag (RFC 9110 section 13.1.2).
   * @returns undefined for 304
   */
  async getUnlessSame<T>(
    pathOrUrl: string,
    schema: z.ZodType<T>,
    etag: string,
    options: GetOptions = {},
  ): Promise<PlatformAnswer<T> | undefined> {
    const headers = { ...options.headers, 'if-none-match': etag };
    const answer = await this.#get(pathOrUrl, schema, { ...options, headers }, true);
    return answer === UNCHANGED ? undefined : answer;
  }

  async #get<T>(pathOrUrl: string, schema: z.ZodType<T>, options: GetOptions, conditional: boolean) {
    const headers = {
      accept: 'application/json',
      'user-agent': 'soul-signature',
      ...this.#options.headers,
      ...options.headers,
    };
    const url = this.#address.resolve(pathOrUrl, options.query);
    const request = { url, schema, headers, renewed: false, conditional };
    for (let tries = 1; ; tries++) {
      this.#options.signal.throwIfAborted();
      const outcome = await this.#try(request);
      if (outcome === UNCHANGED || !('error' in outcome)) return outcome;
      const tooLong = (outcome.retryAfterMs ?? 0) > this.#limits.waitMs;
      if (tooLong || tries >= outcome.tries) throw outcome.error;
      await this.#wait(tries, outcome.retryAfterMs);
    }
  }

  /** Path and query of a pagination address below the base, as `get` accepts it. Throws `PLATFORM_BAD_ANSWER`. */
  pathOf(url: string): string {
    return this.#address.pathOf(url);
  }

  async #try<T>(request: Pending<T>): Promise<PlatformAnswer<T> | Fault | typeof UNCHANGED> {
    try {
      const answer = await this.#authorized(request);
      const from = describeAddress(request.url);
      if (answer.status === 304 && request.conditional) return UNCHANGED;
      if (answer.status < 200 || answer.status > 299) return await this.#unsuccessful(answer, from);
      const now = clockOf(answer.headers);
      const usedUp = this.#options.usedUpUntil?.(answer.headers, now);
      // The next request would be refused for the reason that the headers tell.
      const why = usedUp && this.#refusalOf({ ...answer, status: 429, body: '' }, true)?.code;
      await this.#block(usedUp && inMs(usedUp.getTime() - now.getTime()), why);
      if (!isJson(answer.headers.get('content-type'))) {
        throw new PlatformError('PLATFORM_BAD_ANSWER', `No JSON from ${from}`, { status: answer.status });
      }
      const data = parseBody(answer.body, request.schema, from);
      return { data, status: answer.status, headers: answer.headers };
    } catch (error) {
      if (error instanceof NetworkFault) {
        const unavailable = new PlatformError('PLATFORM_UNAVAILABLE', error.message, {}, { cause: error });
        return { error: unavailable, tries: this.#limits.tries };
      }
      if (error instanceof MalformedJson) {
        return { error: new PlatformError('PLATFORM_BAD_ANSWER', error.message), tries: MALFORMED_TRIES };
      }
      throw error;
    }
  }

  async #authorized<T>(request: Pending<T>): Promise<HttpAnswer> {
    const token = await this.#options.accessToken();
    const answer = await this.#redirected(request, token);
    if (answer.status !== 401 || request.renewed || !this.#isAboutGrant(answer)) return answer;
    request.renewed = true;
    return this.#redirected(request, await this.#options.accessToken(token));
  }

  async #redirected<T>(request: Pending<T>, token: string): Promise<HttpAnswer> {
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    let url = request.url;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#exchange(url, headers);
      const location = answer.headers.get('location');
      const redirected = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
      if (!redirected || redirects === MAX_REDIRECTS) return answer;
      url = this.#address.follow(location, url);
    }
  }

  async #exchange(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const { breaker, caller, signal, onAnswer, reach = 'any' } = this.#options;
    const retryAt = breaker?.enter();
    if (retryAt) {
      throw new PlatformError('PLATFORM_UNAVAILABLE', `Requests to ${url.host} are paused because it does not answer`, {
        retryAt,
      });
    }
    let outcome: Parameters<CircuitBreaker['leave']>[0] = 'given-up';
    try {
      await this.#payFor(url);
      const answer = await exchange(url, headers, this.#limits, signal, { reach });
      outcome = answer.status >= 500 ? 'failed' : 'answered';
      onAnswer?.(answer.status);
      return answer;
    } catch (error) {
      if (error instanceof NetworkFault) {
        outcome = 'failed';
        onAnswer?.('network');
      }
      throw error;
    } finally {
      breaker?.leave(outcome, caller ?? this);
    }
  }

  /** A short wait is waited; a long one is thrown as an error with its end, so that nothing is held meanwhile. */
  async #payFor(url: URL): Promise<void> {
    const waitMs = (await this.#options.budget?.take(this.#limits.waitMs)) ?? 0;
    if (waitMs > this.#limits.waitMs) {
      throw await this.#held(url, inMs(waitMs));
    }
    if (waitMs > 0) await this.#pause(waitMs);
  }

  /** Why there is no request left: the provider has told somebody who asked before, or the budget itself is used up. */
  async #held(url: URL, retryAt: Date): Promise<PlatformError> {
    const { budget, refusals = [], title = this.platform } = this.#options;
    const why = (await budget?.blockedFor()) ?? null;
    const refusal = why === null ? atOurPace(title) : (refusals.find(({ code }) => code === why) ?? slowDown(title));
    const message = why === null ? `No requests to ${url.host} are left for now` : `${url.host} asked us to wait`;
    return new PlatformError('PLATFORM_RATE_LIMITED', message, { retryAt, refusal });
  }

  async #block(until: Date | undefined, why: string | undefined): Promise<void> {
    if (until) await this.#options.budget?.block(until, why);
  }

  async #unsuccessful(answer: HttpAnswer, from: string): Promise<Fault> {
    const { status } = answer;
    const now = clockOf(answer.headers);
    const until = this.#options.rateLimitedUntil?.(answer, now);
    const refusal = this.#refusalOf(answer, until !== undefined || status === 429);
    const code = until ? 'PLATFORM_RATE_LIMITED' : codeOf(status, refusal);
    const message = `${status} from ${from}`;
    const details = { status, ...(refusal && { refusal }) };
    if (code !== 'PLATFORM_RATE_LIMITED' && code !== 'PLATFORM_UNAVAILABLE') {
      throw new PlatformError(code, message, details);
    }
    const asked = until
      ? Math.max(until.getTime() - now.getTime(), 0)
      : retryAfterMs(answer.headers.get('retry-after'), now);
    const pauseMs = asked ?? (status === 429 ? RATE_LIMIT_MS : undefined);
    const retryAt: { retryAt?: Date } = pauseMs === undefined ? {} : { retryAt: inMs(pauseMs) };
    if (code === 'PLATFORM_RATE_LIMITED') await this.#block(retryAt.retryAt, refusal?.code);
    const error = new PlatformError(code, message, { ...details, ...retryAt });
    return { error, tries: this.#limits.tries, retryAfterMs: asked };
  }

  /** The reason of a refusal that is about the pace, or about anything else. */
  #refusalOf(answer: HttpAnswer, isLimit: boolean): RefusalReason | undefined {
    const { refusals = [] } = this.#options;
    return reasonOf(
      refusals.filter(({ concerns }) => (concerns === 'pace') === isLimit),
      answer,
    );
  }

  /** Whether a 401 is about the token; some providers also answer it where only a part is not allowed. */
  #isAboutGrant(answer: HttpAnswer): boolean {
    return (this.#refusalOf(answer, false)?.concerns ?? 'grant') === 'grant';
  }

  /** Exponential back-off with ±20 % jitter; never shorter than the provider asks, and then a little longer. */
  async #wait(tries: number, askedMs: number | undefined): Promise<void> {
    const backOffMs = this.#options.retryBaseMs * 2 ** (tries - 1) * (0.8 + 0.4 * this.#random());
    const politeMs = askedMs === undefined ? 0 : askedMs + 10 + 200 * this.#random();
    const waitMs = Math.max(Math.min(backOffMs, this.#limits.waitMs), politeMs);
    await this.#pause(waitMs);
  }

  async #pause(waitMs: number): Promise<void> {
    const { signal } = this.#options;
    try {
      await delay(Math.ceil(waitMs), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }
}

function codeOf(status: number, refusal: Refusal | undefined): PlatformErrorCode {
  switch (status) {
    case 401:
      return refusal && refusal.concerns !== 'grant' ? 'PLATFORM_FORBIDDEN' : 'PLATFORM_UNAUTHORIZED';
    case 403:
    case 451:
      return 'PLATFORM_FORBIDDEN';
    case 404:
    case 410:
      return 'PLATFORM_NOT_FOUND';
    case 408:
      return 'PLATFORM_UNAVAILABLE';
    case 429:
      return 'PLATFORM_RATE_LIMITED';
    default:
      if (status >= 500) return 'PLATFORM_UNAVAILABLE';
      return status >= 400 ? 'PLATFORM_REFUSED' : 'PLATFORM_BAD_ANSWER';
  }
}

function inMs(waitMs: number): Date {
  return new Date(Date.now() + waitMs);
}
