import { createHash, randomBytes } from 'node:crypto';

/** A stand-in's authorization request with everything it insists on; `verifier` is the PKCE secret behind it. */
export function authorization(scopes: readonly string[], redirectUri = 'http://127.0.0.1:9/callback') {
  const verifier = randomBytes(32).toString('base64url');
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: 'sandbox',
    redirect_uri: redirectUri,
    state: randomBytes(8).toString('hex'),
    scope: scopes.join(' '),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return { parameters, verifier, redirectUri };
}

/** The answer of a token endpoint. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** A program that connects to a stand-in (`http://…/spotify`) without a browser, for tests and benchmarks. */
export class SandboxVisitor {
  constructor(readonly standInUrl: string) {}

  /** Consents as this persona and returns the authorization code. */
  async consent(parameters: URLSearchParams, persona: string): Promise<string> {
    const query = new URLSearchParams([...parameters, ['persona', persona], ['decision', 'allow']]);
    const response = await fetch(`${this.standInUrl}/oauth/authorize?${query.toString()}`, { redirect: 'manual' });
    const code = new URL(response.headers.get('location') ?? '', 'http://none').searchParams.get('code');
    if (code === null) throw new Error(`no code: ${response.status} ${await response.text()}`);
    return code;
  }

  token(form: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${this.standInUrl}/oauth/token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ client_id: 'sandbox', client_secret: 'sandbox-secret', ...form }),
    });
  }

  /** Consents as a persona and exchanges the code. */
  async connect(persona: string, scopes: readonly string[]): Promise<Tokens> {
    const { parameters, verifier, redirectUri } = authorization(scopes);
    const code = await this.consent(parameters, persona);
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    // The sandbox's own answer, whose shape its tests check.
    return (await (await this.token(form)).json()) as Tokens;
  }

  /** Asks the API; `path` may also be a whole `next` address. */
  get(path: string, accessToken: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(path.startsWith('/') ? `${this.standInUrl}${path}` : path, {
      headers: { authorization: `Bearer ${accessToken}`, ...headers },
    });
  }
}
