import type { CustomFetch } from 'openid-client';
import { exchange, type HttpAnswer, type Posted } from '../platforms/http-exchange.js';
import { platforms } from '../platforms/registry.js';

/** A token request takes at most this long; the lease of a refresh is longer. */
const TOKEN_REQUEST_MS = 10_000;

/** What the platforms name themselves leads to the public internet; everything else was configured. */
const OWN_ADDRESSES = new Set(platforms.flatMap(({ oauth }) => [oauth.tokenUrl, oauth.revokeUrl]));

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
  const reach = OWN_ADDRESSES.has(url.href) ? 'public' : 'any';
  return exchange(url, headers, LIMITS, new AbortController().signal, { post: posted, reach });
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
