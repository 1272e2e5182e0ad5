import * as oidc from 'openid-client';
import { type Sandbox, startSandbox } from './sandbox.js';
import { authorization, SandboxVisitor } from './sandbox-visitor.js';

const SCOPES = ['user-library-read', 'user-read-private'];

describe("the sandbox's OAuth server", () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  const start = async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
    visitor = new SandboxVisitor(`${sandbox.url}/spotify`);
  };
  beforeEach(start);
  afterEach(() => sandbox.close());

  const authorize = (parameters: URLSearchParams) =>
    fetch(`${sandbox.url}/spotify/oauth/authorize?${parameters.toString()}`, { redirect: 'manual' });
  const advance = (advanceMs: number) =>
    fetch(`${sandbox.url}/sandbox/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ advanceMs }),
    });
  const refresh = (refreshToken: string) => visitor.token({ grant_type: 'refresh_token', refresh_token: refreshToken });

  async function consented() {
    const { parameters, verifier, redirectUri } = authorization(SCOPES);
    const code = await visitor.consent(parameters, 'devotee');
    return { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
  }

  async function expectInvalidGrant(response: Response) {
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_grant' });
  }

  it('serves a real OAuth client from the address to the refreshed token', async () => {
    const base = `${sandbox.url}/spotify/oauth`;
    const metadata = { issuer: base, authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token` };
    const client = new oidc.Configuration(metadata, 'sandbox', undefined, oidc.ClientSecretBasic('any: secret+%'));
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the sandbox speaks plain HTTP
    oidc.allowInsecureRequests(client);
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const address = oidc.buildAuthorizationUrl(client, {
      redirect_uri: 'http://127.0.0.1:9/callback',
      scope: SCOPES.join(' '),
      state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      persona: 'night-owl',
      decision: 'allow',
    });
    const redirect = await fetch(address, { redirect: 'manual' });
    expect(redirect.status).toBe(303);
    const callback = new URL(redirect.headers.get('location')!);

    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await oidc.authorizationCodeGrant(client, callback, checks);
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: SCOPES.join(' ') });
    const refreshed = await oidc.refreshTokenGrant(client, tokens.refresh_token!);
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
    expect((await visitor.get('/v1/me', refreshed.access_token)).status).toBe(200);
  });

  it('shows a consent page with the scopes in words, the people and both buttons, and escapes what it is given', async () => {
    const { parameters } = authorization(SCOPES);
    parameters.set('state', '"><script>alert(1)</script>');
    const page = await authorize(parameters);
    const html = await page.text();
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(html).toContain('<h1>Sandbox Spotify</h1>');
    expect(html).toContain('invented');
    expect(html).toContain('The tracks, albums, shows and episodes you saved');
    expect(html).not.toContain('<script>');
    for (const id of ['night-owl', 'devotee', 'commuter', 'newcomer']) {
      expect(html).toContain(`<input type="radio" name="persona" value="${id}"`);
    }
    for (const decision of ['allow', 'deny']) expect(html).toContain(`name="decision" value="${decision}"`);
  });

  it("goes back to the client with the person's decision", async () => {
    const decide = async (decision: string) => {
      const { parameters } = authorization(SCOPES, 'http://127.0.0.1:9/callback?tab=1');
      const body = new URLSearchParams([...parameters, ['persona', 'devotee'], ['decision', decision]]);
      const address = `${sandbox.url}/spotify/oauth/authorize/decision`;
      const response = await fetch(address, { method: 'POST', body, redirect: 'manual' });
      expect(response.status).toBe(303);
      const answer = new URL(response.headers.get('location')!).searchParams;
      expect(answer.get('state')).toBe(parameters.get('state'));
      expect(answer.get('tab')).toBe('1');
      return answer;
    };
    expect((await decide('deny')).get('error')).toBe('access_denied');
    expect((await decide('allow')).get('code')).not.toBeNull();
  });

  it.each([
    ['response_type', 'token'],
    ['client_id', ''],
    ['redirect_uri', 'javascript:alert(1)'],
    ['redirect_uri', '/callback'],
    ['state', ''],
    ['code_challenge', 'short'],
    ['code_challenge_method', 'plain'],
    ['scope', 'user-read-minds'],
    ['persona', 'nobody'],
  ])('refuses %s = "%s" with a readable page and no redirect', async (name, value) => {
    const { parameters } = authorization(SCOPES);
    parameters.set('decision', 'allow');
    parameters.set('persona', 'devotee');
    parameters.set(name, value);
    const response = await authorize(parameters);
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain('cannot go on');
  });

  it('refuses a wrong verifier, a wrong redirect address and another client, and still takes the right ones', async () => {
    const form = await consented();
    await expectInvalidGrant(await visitor.token({ ...form, code_verifier: 'x'.repeat(43) }));
    await expectInvalidGrant(await visitor.token({ ...form, redirect_uri: 'http://127.0.0.1:9/other' }));
    await expectInvalidGrant(await visitor.token({ ...form, client_id: 'somebody-else' }));
    expect((await visitor.token(form)).status).toBe(200);
  });

  it('takes a code once; a second use also revokes the tokens of the first', async () => {
    const form = await consented();
    const tokens: any = await (await visitor.token(form)).json();
    expect((await visitor.get('/v1/me', tokens.access_token)).status).toBe(200);
    await expectInvalidGrant(await visitor.token(form));
    expect((await visitor.get('/v1/me', tokens.access_token)).status).toBe(401);
    await expectInvalidGrant(await refresh(tokens.refresh_token));
  });

  it('lets a code die after a minute, an access token after an hour, a refresh token after half a year', async () => {
    const form = await consented();
    const tokens = await visitor.connect('devotee', SCOPES);
    await advance(61_000);
    await expectInvalidGrant(await visitor.token(form));
    expect((await visitor.get('/v1/me', tokens.access_token)).status).toBe(200);
    await advance(3_600_000);
    const late = await visitor.get('/v1/me', tokens.access_token);
    expect(late.status).toBe(401);
    expect(await late.json()).toEqual({ error: { status: 401, message: 'The access token expired' } });
    const refreshed: any = await (await refresh(tokens.refresh_token)).json();
    await advance(183 * 86_400_000);
    await expectInvalidGrant(await refresh(refreshed.refresh_token));
  });

  it('gives a new refresh token with each refresh and takes only the newest', async () => {
    const first = await visitor.connect('devotee', SCOPES);
    const second: any = await (await refresh(first.refresh_token)).json();
    expect(second).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      scope: SCOPES.join(' '),
      expires_in: 3600,
      refresh_token: expect.any(String),
    });
    await expectInvalidGrant(await refresh(first.refresh_token));
    expect((await refresh(second.refresh_token)).status).toBe(200);
  });

  it('honours tokens from before its restart', async () => {
    const tokens = await visitor.connect('devotee', SCOPES);
    await sandbox.close();
    await start();
    expect((await visitor.get('/v1/me', tokens.access_token)).status).toBe(200);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('refuses clients that do not prove themselves, and grants it does not know', async () => {
    const post = async (headers: Record<string, string>, body: Record<string, string>) => {
      const address = `${sandbox.url}/spotify/oauth/token`;
      const response = await fetch(address, { method: 'POST', headers, body: new URLSearchParams(body) });
      return [response.status, ((await response.json()) as { error: string }).error];
    };
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const grant = { grant_type: 'authorization_code' };
    expect(await post({}, grant)).toEqual([400, 'invalid_client']);
    expect(await post({}, { ...grant, client_id: 'sandbox', client_secret: '' })).toEqual([400, 'invalid_client']);
    expect(await post(basic('sandbox:'), grant)).toEqual([400, 'invalid_client']);
    expect(await post(basic('sandbox:secret'), grant)).toEqual([400, 'invalid_grant']);
    expect(await post(basic('sandbox:secret'), { grant_type: 'password' })).toEqual([400, 'unsupported_grant_type']);
    expect(await post(basic('sandbox:secret'), {})).toEqual([400, 'invalid_request']);
  });

  it('takes no forged and no foreign token', async () => {
    const { access_token, refresh_token } = await visitor.connect('devotee', SCOPES);
    for (const token of [`${access_token}x`, access_token.slice(1), refresh_token, 'x', 'a.b.c']) {
      const response = await visitor.get('/v1/me', token);
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ error: { status: 401, message: 'Invalid access token' } });
    }
  });
});
