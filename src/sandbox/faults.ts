import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { EndableTokens } from './access-check.js';
import { requestAddress } from './request-address.js';
import type { StandIn } from './stand-in.js';

/** A fault that tests or a demo set over HTTP; the first rule that fits a request is applied. */
export const faultSchema = z.strictObject({
  /** Prefix of the provider's own path (`/v1/me/tracks`); without it every path fits. */
  path: z.string().startsWith('/').optional(),
  scope: z.enum(['api', 'token']).default('api'),
  status: z.number().int().min(200).max(599).optional(),
  /** `Retry-After` as given: seconds or an HTTP date, also a broken one. */
  retryAfter: z.union([z.number(), z.string()]).optional(),
  /** Sent with the fault's answer, or with the real one if the rule sets nothing else (`x-ratelimit-remaining`). */
  headers: z.record(z.string(), z.union([z.number(), z.string()]).transform(String)).optional(),
  /** The text in the provider's own shape of an error, instead of its usual one for the status. */
  message: z.string().optional(),
  latencyMs: z.number().min(0).optional(),
  /** How many fitting requests are hit; endless without it. */
  times: z.number().int().min(1).optional(),
  /** How many fitting requests pass first. */
  after: z.number().int().min(0).default(0),
  /** Sent as it is, with status 200 if none is given: for broken and foreign answers. */
  body: z.string().optional(),
  contentType: z.string().optional(),
  /** Never answers. */
  hang: z.literal(true).optional(),
  /** Sends headers and then one space a second without end. */
  drip: z.literal(true).optional(),
  /** The access token of the request expires; it can be refreshed. */
  expire: z.literal(true).optional(),
  /** The person takes the grant back: its tokens become invalid and cannot be refreshed. */
  revoke: z.literal(true).optional(),
  /** The real answer with numbers in place of texts, and with headers as usual. */
  lie: z.literal(true).optional(),
  /** The real page of a list, which names itself as the next one. */
  loop: z.literal(true).optional(),
});

/** A fault rule as a caller sends it. */
export type Fault = z.infer<typeof faultSchema>;

/** The faults set for one stand-in, and how often each was used. */
export class FaultRules {
  private rules: { readonly fault: Fault; passes: number; left: number }[] = [];

  add(fault: Fault): void {
    this.rules.push({ fault, passes: fault.after, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.rules = [];
  }

  /** The fault for a request, if one fits; uses it up. */
  take(scope: Fault['scope'], path: string): Fault | undefined {
    for (const rule of this.rules) {
      if (rule.fault.scope !== scope || !path.startsWith(rule.fault.path ?? '/') || rule.left === 0) continue;
      if (rule.passes > 0) {
        rule.passes -= 1;
        continue;
      }
      rule.left -= 1;
      return rule.fault;
    }
    return undefined;
  }
}

/** Applies the rules to a stand-in's requests; errors take the provider's own shape. */
export function applyFaults(
  rules: FaultRules,
  scope: Fault['scope'],
  standIn: StandIn,
  tokens: EndableTokens,
): RequestHandler {
  return (request, response, next) => {
    const fault = rules.take(scope, `${request.baseUrl}${request.path}`.replace(/^\/[^/]+/, ''));
    if (fault?.hang) return;
    if (fault?.drip) {
      drip(response);
      return;
    }
    if (fault === undefined) {
      next();
      return;
    }
    if (fault.expire) tokens.expire(request);
    if (fault.revoke) tokens.revokeGrantOf(request);
    if (fault.lie) changeAnswer(response, lieOf);
    if (fault.loop) changeAnswer(response, (body) => standIn.loop(body, requestAddress(request), response));
    const go = () => {
      response.set(fault.headers ?? {});
      if (fault.status === undefined && fault.body === undefined) next();
      else answer(response, fault, (status) => (scope === 'api' ? apiError : tokenError)(standIn, status, fault));
    };
    const timer = setTimeout(go, fault.latencyMs ?? 0);
    response.once('close', () => clearTimeout(timer));
  };
}

/** Changes what the stand-in answers, before it is sent. */
function changeAnswer(response: Response, change: (body: unknown) => unknown): void {
  const send = response.send.bind(response);
  response.send = (body: unknown) => {
    response.send = send;
    return send(JSON.stringify(change(typeof body === 'string' ? (JSON.parse(body) as unknown) : body)));
  };
}

function lieOf(value: unknown): unknown {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.map(lieOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, lieOf(each)]));
}

function drip(response: Response): void {
  response.status(200).type('application/json').flushHeaders();
  const timer = setInterval(() => response.write(' '), 1_000);
  response.once('close', () => clearInterval(timer));
}

function answer(response: Response, fault: Fault, errorBody: (status: number) => object): void {
  const status = fault.status ?? 200;
  if (fault.retryAfter !== undefined) response.set('Retry-After', String(fault.retryAfter));
  response.status(status).type(fault.contentType ?? 'application/json');
  response.send(fault.body ?? JSON.stringify(errorBody(status)));
}

function apiError(standIn: StandIn, status: number, { message }: Fault): object {
  return standIn.errorBody(status, message ?? standIn.faultMessages[status] ?? 'Sandbox fault');
}

/** 200 too can be a refusal: some providers answer errors of the token endpoint with it. */
function tokenError({ oauth }: StandIn, status: number, { message = 'Sandbox fault' }: Fault): object {
  if (status === 200 || status === 400) return oauth.tokenRefusal('invalid_grant', message).body;
  if (status === 401) return oauth.tokenRefusal('invalid_client', message).body;
  return { error: 'server_error', error_description: message };
}
