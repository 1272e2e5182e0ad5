import type { CustomFetch } from 'openid-client';
import { exchange, type HttpAnswer, type Posted } from '../platforms/http-exchange.js';

/** A token request takes at most this long; the lease of a refresh is longer. */
const TOKEN_REQUEST_MS = 10_000;

/** A token answer is a few kilobytes; whatever is much longer is none. */
const LIMITS = {
  headersMs: TOKEN_REQUEST_MS,
  idleMs: TOKEN_REQUEST_MS,
  totalMs: TOKEN_REQUEST_MS,
  bodyBytes: 65_536,
};

/**
 * One request that carries a secret to a provider: as the platforms' APIs are reached, bounded in time and size and
 * without redirects, so that code, token and client secret go nowhere else.
 * @throws NetworkFault, PlatformError `PLATFORM_BAD_ANSWER` for a body over the limit
 */
export function sendSecret(url: URL, headers: Readonly<Record<string, string>>, posted: Posted): Promise<HttpAnswer> {
  return exchange(url, headers, LIMITS, new AbortController().signal, posted);
}

/** How openid-client reaches a token or revocation endpoint. */
export const tokenRequest: CustomFetch = async (url, { headers, body }) => {
  if (!(body instanceof URLSearchParams)) throw new Error('A token request posts a form');
  const answer = await sendSecret(new URL(url), headers, { body: body.toString() });
  return new Response(answer.body === '' ? null : answer.body, {
    status: answer.status,
    headers: [...answer.headers],
  });
};
