import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ClientAuthentication } from './stand-in.js';
import { TokenError } from './token-error.js';

const formSchema = z.object({
  grant_type: z.string(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  code: z.string().optional(),
  redirect_uri: z.string().optional(),
  code_verifier: z.string().optional(),
  refresh_token: z.string().optional(),
});

/** The form of a token request; every field at most once. */
export type TokenForm = z.infer<typeof formSchema>;

/** Reads the form-encoded body of a token request. */
export function parseTokenForm(body: unknown): TokenForm {
  const parsed = formSchema.safeParse(body);
  if (!parsed.success) throw new TokenError('invalid_request', 'grant_type is missing, or a parameter is given twice');
  return parsed.data;
}

/** Reads the form of a revocation; the token may be missing. */
export function parseRevocationForm(body: unknown): { readonly token: string } {
  return z.object({ token: z.string() }).catch({ token: '' }).parse(body);
}

/**
 * Which client asks. Any id with any non-empty secret is accepted: the sandbox protects nothing, it only checks
 * that a client authenticates in a way the provider would accept.
 */
export function identifyClient(
  authorization: string | undefined,
  form: TokenForm,
  accepted: readonly ClientAuthentication[],
): string {
  const [id, secret, way] = credentials(authorization, form);
  if (!accepted.includes(way)) throw new TokenError('invalid_client', `Client authentication "${way}" is not accepted`);
  if (id === '' || (way !== 'none' && secret === '')) throw new TokenError('invalid_client', 'Invalid client');
  if (form.client_id !== undefined && form.client_id !== id) throw new TokenError('invalid_client', 'Invalid client');
  return id;
}

function credentials(authorization: string | undefined, form: TokenForm): [string, string, ClientAuthentication] {
  const basic = /^Basic ([\w+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (basic !== undefined) {
    const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? [];
    return [fromForm(id), fromForm(secret), 'basic'];
  }
  if (authorization !== undefined) throw new TokenError('invalid_client', 'Invalid authorization header');
  return [form.client_id ?? '', form.client_secret ?? '', form.client_secret === undefined ? 'none' : 'body'];
}

/** Basic credentials are form-encoded first (RFC 6749 section 2.3.1); a client that forgot is understood too. */
function fromForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Whether the verifier belongs to the S256 challenge (RFC 7636 section 4.6). */
export function provesChallenge(verifier: string | undefined, challenge: string): boolean {
  if (verifier === undefined || !/^[\w.~-]{43,128}$/.test(verifier)) return false;
  const given = createHash('sha256').update(verifier).digest();
  const expected = Buffer.from(challenge, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
