import { createHash } from 'node:crypto';
import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express';
import type { BearerTokens } from '../access-check.js';
import { ApiError } from '../api-error.js';
import type { SandboxClock } from '../sandbox-clock.js';
import { Accounts, ApiCall } from './api-call.js';
import { type ApiAnswer, type Endpoint, ENDPOINTS } from './endpoints.js';
import { type Allowance, RateLimit } from './rate-limit.js';

const DOCUMENTATION = 'https://docs.github.com/rest';

/** GitHub's REST API for the invented accounts. Every request needs a token, also for what is public. */
export function githubApi(tokens: BearerTokens, clock: SandboxClock): Router {
  const router = express.Router();
  const accounts = new Accounts();
  const rateLimit = new RateLimit();

  const serve =
    (endpoint: Endpoint): RequestHandler =>
    (request, response) => {
      const call = new ApiCall(request, tokens, accounts, clock.now().getTime());
      const { grant } = call.access;
      const allowance = rateLimit.left(grant, call.now);
      setAllowance(response, allowance);
      if (allowance.remaining === 0) {
        throw new ApiError(403, `API rate limit exceeded for user ID ${call.account.user.id}.`);
      }
      setScopes(response, call, endpoint);
      const answer = settle(() => endpoint.answer(allowed(call, endpoint)));
      const { status = 200, body, headers = {} } = answer;
      const text = JSON.stringify(body);
      const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`;
      response.set({ ...headers, Vary: 'Accept, Authorization', 'Cache-Control': 'private, max-age=60' });
      if (status === 200) response.set('ETag', etag);
      if (status === 200 && isUnchanged(request.get('if-none-match'), etag)) {
        response.status(304).end();
        return;
      }
      setAllowance(response, rateLimit.spend(grant, call.now));
      response.status(status).type('application/json').send(text);
    };

  // For the app itself, which proves who it is with its own credentials.
  router.delete('/applications/:clientId/token', express.json(), (request, response) => {
    const { access_token: token } = (request.body ?? {}) as Record<string, unknown>;
    const isApp = request.get('authorization')?.startsWith('Basic ');
    if (!isApp || typeof token !== 'string' || !tokens.revoke(token)) throw new ApiError(404, 'Not Found');
    response.status(204).end();
  });
  for (const [path, endpoint] of Object.entries(ENDPOINTS)) router.get(path, serve(endpoint));
  router.use(serve(NOTHING));
  router.use(answerApiError);
  return router;
}

/** What any other path is. */
const NOTHING: Endpoint = {
  scopes: [],
  answer: () => {
    throw new ApiError(404, 'Not Found');
  },
};

/** The call, if its token has one of the endpoint's scopes. */
function allowed(call: ApiCall, { scopes, otherwise = 403 }: Endpoint): ApiCall {
  if (scopes.length === 0 || call.may(...scopes)) return call;
  if (otherwise === 404) throw new ApiError(404, 'Not Found');
  throw new ApiError(403, `You need at least ${scopes.join(' scope or ')} scope for this.`);
}

/** An endpoint's refusal is an answer too: it counts against the limit. */
function settle(answer: () => ApiAnswer): ApiAnswer {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, body: githubError(error.status, error.message) };
  }
}

/** Fine-grained personal tokens have permissions instead of scopes, and GitHub then sends no such headers. */
function setScopes(response: Response, { access }: ApiCall, { scopes }: Endpoint): void {
  if (access.personal) return;
  response.set({ 'X-OAuth-Scopes': access.scopes.join(', '), 'X-Accepted-OAuth-Scopes': scopes.join(', ') });
}

function setAllowance(response: Response, allowance: Allowance): void {
  const { limit, remaining, used, reset } = allowance;
  response.set({
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Used': String(used),
    'X-RateLimit-Reset': String(reset),
    'X-RateLimit-Resource': 'core',
  });
}

/** Weak comparison (RFC 9110 section 13.1.2). */
function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return ifNoneMatch?.split(',').some((tag) => bare(tag) === bare(etag)) ?? false;
}

const answerApiError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (error instanceof ApiError) response.status(error.status).json(githubError(error.status, error.message));
  else next(error);
};

/** GitHub's shape of an API error. */
export function githubError(status: number, message: string): object {
  return { message, documentation_url: DOCUMENTATION, status: String(status) };
}
