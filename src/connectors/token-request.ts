import type { CustomFetch } from 'openid-client';
import { exchange, type HttpAnswer, type Posted } from '../platforms/http-exchange.js';
import { platforms } from '../platforms/registry.js';

/** How long a token request may take; the lease of a refresh is longer. */
const TOKEN_REQUEST_MS = 10_000;

/** Addresses from a platform's own facts must be public; others come from the configuration. */
const OWN_ADDRESSES = new Set(platforms.flatMap(({ oauth }) => [oauth.tokenUrl, oauth.revokeUrl]));

/** The most bytes of a token answer; real ones have a few kilobytes. */
const LIMITS = {
  headersMs: TOKEN_REQUEST_MS,
  idleMs: TOKEN_REQUEST_MS,
  totalMs: TOKEN_REQUEST_MS,
  bodyBytes: 65_536,
};

/**
 * Sends a request with a secret to a provider. It is bounded in time and size and follows no redirects, so that code, token
 * and client secret go nowhere else.
 * @throws NetworkFault, PlatformError `PLATFORM_BAD_ANSWER` for a body over the limit
 */
export function sendSecret(url: URL, headers: Readonly<Record<string, string>>, posted: Posted): Promise<HttpAnswer> {
  const reach = OWN_ADDRESSES.has(url.href) ? 'public' : 'any';
  return exchange(url, headers, LIMITS, new AbortController().signal, { post: posted, reach });
}

/** The `fetch` with which openid-client calls token and revocation endpoints. */
export const tokenRequest: CustomFetch = async (url, { headers, body }) => {
  if (!(body instanceof URLSearchParams)) throw new Error('A token request must post a form');
  const answer = await sendSecret(new URL(url), headers, { body: body.toString() });
  return new Response(answer.body === '' ? null : answer.body, {
    status: answer.status,
    headers: [...answer.headers],
  });
};
