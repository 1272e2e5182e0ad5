import type { CustomFetch } from 'openid-client';
import { exchange } from '../../platforms/http-exchange.js';

const REQUEST_MS = 10_000;

/** Discovery documents and key sets have some ten kilobytes. */
const LIMITS = { headersMs: REQUEST_MS, idleMs: REQUEST_MS, totalMs: REQUEST_MS, bodyBytes: 262_144 };

/**
 * The `fetch` for requests to the OpenID provider: bounded in time and size, and without redirects, so that code, token and
 * client secret go nowhere else.
 * @throws NetworkFault
 */
export const providerRequest: CustomFetch = async (url, { headers, body }) => {
  const post = body instanceof URLSearchParams ? { body: body.toString() } : undefined;
  const answer = await exchange(new URL(url), headers, LIMITS, new AbortController().signal, {
    ...(post && { post }),
  });
  return new Response(answer.body === '' ? null : answer.body, {
    status: answer.status,
    headers: [...answer.headers],
  });
};
