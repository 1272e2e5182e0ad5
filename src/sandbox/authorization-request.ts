import { z } from 'zod';
import type { StandInOAuth } from './stand-in.js';

const isRedirectUri = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hash === '';
};

const requestSchema = z.object({
  response_type: z.literal('code', { error: 'response_type must be "code"' }),
  client_id: z.string({ error: 'client_id is missing' }).min(1, 'client_id is empty'),
  redirect_uri: z
    .string({ error: 'redirect_uri is missing' })
    .refine(isRedirectUri, 'redirect_uri must be an absolute http(s) address without a fragment'),
  state: z.string({ error: 'state is missing' }).min(1, 'state is empty'),
  scope: z.string({ error: 'scope must be given once' }).default(''),
  code_challenge: z
    .string({ error: 'code_challenge is missing (PKCE is required)' })
    .regex(/^[\w-]{43}$/, 'code_challenge is not an S256 challenge (43 base64url characters)'),
  access_type: z.enum(['online', 'offline'], { error: 'access_type must be online or offline' }).default('online'),
  code_challenge_method: z.literal('S256', { error: 'code_challenge_method must be "S256"' }),
});

/** The parameters of an OAuth authorization request (RFC 6749 section 4.1.1, RFC 7636) that the sandbox insists on. */
export type AuthorizationRequest = z.infer<typeof requestSchema>;

/** Reads and checks a request; a text lists everything that is wrong with it. */
export function parseAuthorizationRequest(
  parameters: unknown,
  { scopes: known, unknownScopes }: Pick<StandInOAuth, 'scopes' | 'unknownScopes'>,
): AuthorizationRequest | string {
  const parsed = requestSchema.safeParse(parameters ?? {});
  if (!parsed.success) return parsed.error.issues.map((issue) => issue.message).join('; ');
  const requested = requestedScopes(parsed.data);
  const unknown = requested.filter((scope) => !Object.hasOwn(known, scope));
  if (unknown.length > 0 && unknownScopes === 'refused') return `scope is unknown: ${unknown.join(', ')}`;
  return { ...parsed.data, scope: requested.filter((scope) => !unknown.includes(scope)).join(' ') };
}

/** The scopes asked for, each once. */
export function requestedScopes(request: AuthorizationRequest): readonly string[] {
  return [...new Set(request.scope.split(' ').filter((scope) => scope !== ''))];
}
