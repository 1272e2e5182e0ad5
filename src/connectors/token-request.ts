import type { CustomFetch } from 'openid-client';
import { exchange } from '../platforms/http-exchange.js';
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
 * How openid-client reaches a token endpoint: as the platforms' APIs are reached, bounded in time and size and without
 * redirects, so that code and secret go nowhere else.
 * @throws NetworkFault, PlatformError `PLATFORM_BAD_ANSWER` for a body over the limit
 */
export const tokenRequest: CustomFetch = async (url, { headers, body }) => {
  if (!(body instanceof URLSearchParams)) throw new Error('A token request posts a form');
  const answer = await exchange(new URL(url), headers, LIMITS, new AbortController().signal, {
    post: body.toString(),
    reach: OWN_ADDRESSES.has(url) ? 'public' : 'any',
  });
  return new Response(answer.body === '' ? null : answer.body, {
    status: answer.status,
    headers: [...answer.headers],
  });
};
