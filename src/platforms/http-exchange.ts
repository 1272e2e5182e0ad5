import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { describeAddress } from './api-address.js';
import { PlatformError } from './platform-error.js';
import { publicLookup, refuseSpecialLiteral } from './public-addresses.js';
import { readBody } from './response-body.js';

/** What a single exchange may take; all times in milliseconds. */
export interface ExchangeLimits {
  /** From sending the request to the end of the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  /** The whole exchange: the only limit that ends a server dripping a byte a second. */
  readonly totalMs: number;
  /** Size of the body after decompression. */
  readonly bodyBytes: number;
}

/** Header fields by lower-case name; repeated fields are joined with a comma (RFC 9110 section 5.2). */
export type AnswerHeaders = ReadonlyMap<string, string>;

/** One answer of a server. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Of a failure only if it is short and comes quickly, else empty: it may name the reason and is never shown. */
  readonly body: string;
}

/** There was no complete answer: connection failed, cut off or too slow. A GET may be repeated. */
export class NetworkFault extends Error {
  override readonly name = 'NetworkFault';
}

const FAILURE_BYTES = 65_536;
const FAILURE_MS = 1_000;

/** One each for the process, so that jobs of the same platform share its kept-alive connections. */
const agents = {
  any: new Agent({ connect: { timeout: 5_000 }, keepAliveTimeout: 10_000 }),
  public: new Agent({ connect: { timeout: 5_000, lookup: publicLookup() }, keepAliveTimeout: 10_000 }),
};

/** What is sent with a POST, or with the method that is named. */
export interface Posted {
  readonly body: string;
  readonly method?: 'POST' | 'DELETE';
}

/** Further options of an exchange. */
export interface ExchangeOptions {
  readonly post?: Posted;
  /** `public` refuses to connect to what is no public address; for hosts that the configuration did not name. */
  readonly reach?: 'public' | 'any';
}

/**
 * Sends one GET, or a POST when there is something to post, without redirects or repetition. Throws `NetworkFault`, the
 * signal's reason when that aborts, and `PLATFORM_BAD_ANSWER` for a body over the limit or an address out of reach.
 */
export async function exchange(
  url: URL,
  headers: Readonly<Record<string, string>>,
  limits: ExchangeLimits,
  signal: AbortSignal,
  { post, reach = 'any' }: ExchangeOptions = {},
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  if (reach === 'public') refuseSpecialLiteral(url);
  const from = describeAddress(url);
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(
    () => controller.abort(new NetworkFault(`No complete answer from ${from} in time`)),
    limits.totalMs,
  );
  try {
    const { statusCode: status, ...response } = await request(url, {
      ...(post && { method: 'POST', ...post }),
      headers: { 'accept-encoding': 'gzip', ...headers },
      headersTimeout: limits.headersMs,
      bodyTimeout: limits.idleMs,
      signal: controller.signal,
      dispatcher: agents[reach],
    });
    // Whoever reads the body sees its errors; one that is thrown away must not end the process with them.
    response.body.on('error', () => undefined);
    const fields = joined(response.headers);
    if (status >= 200 && status < 300) {
      return { status, headers: fields, body: await readBody(response.body, fields, limits.bodyBytes, from) };
    }
    return { status, headers: fields, body: await readFailure(response.body, fields, from) };
  } catch (error) {
    signal.throwIfAborted();
    throw asFault(error, from);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** The body of a failure, as text. Read to its end the connection can be used again; a long or slow one is not worth it. */
async function readFailure(body: Readable, headers: AnswerHeaders, from: string): Promise<string> {
  const timer = setTimeout(() => body.destroy(), FAILURE_MS);
  try {
    return await readBody(body, headers, FAILURE_BYTES, from);
  } catch {
    return '';
  } finally {
    clearTimeout(timer);
  }
}

function asFault(error: unknown, from: string): unknown {
  if (error instanceof PlatformError || error instanceof NetworkFault) return error;
  // Not `instanceof Error`: Node's own errors come from another realm when the code runs in a vm context (Jest).
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  // Node, undici, the HTTP parser and zlib all give codes; an argument that undici refuses is our own mistake.
  if (typeof code !== 'string' || code === 'UND_ERR_INVALID_ARG') return error;
  return new NetworkFault(`No answer from ${from} (${code})`, { cause: error });
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): AnswerHeaders {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) fields.set(name.toLowerCase(), typeof value === 'string' ? value : value.join(', '));
  }
  return fields;
}
