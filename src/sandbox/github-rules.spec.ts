import { request as httpRequest } from 'node:http';
import { type Sandbox, startSandbox } from './sandbox.js';
import { authorization, SandboxVisitor } from './sandbox-visitor.js';

const SCOPES = ['read:user', 'user:email', 'read:org'];
const PERSONAL = 'github_pat_sandbox_night-owl';

describe("GitHub's rules in the sandbox", () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;
  let token: string;

  beforeEach(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
    visitor = new SandboxVisitor(`${sandbox.url}/github`);
    token = (await visitor.connect('newcomer', SCOPES)).access_token;
  });
  afterEach(() => sandbox.close());

  const control = (path: string, body: object) =>
    fetch(`${sandbox.url}/sandbox${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  async function consented(scopes: readonly string[] = SCOPES) {
    const { parameters, verifier, redirectUri } = authorization(scopes);
    const code = await visitor.consent(parameters, 'newcomer');
    return { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
  }

  const exchange = (form: Record<string, string>, headers = {}) =>
    fetch(`${sandbox.url}/github/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) });

  const left = (response: Response) => Number(response.headers.get('x-ratelimit-remaining'));

  describe('for tokens', () => {
    const client = { client_id: 'sandbox', client_secret: 'secret' };
    const asJson = { accept: 'application/json' };

    it('answers form-encoded with comma-separated scopes, no expiry and no refresh token; as JSON when asked', async () => {
      const plain = await exchange({ ...client, ...(await consented()) });
      expect(plain.headers.get('content-type')).toContain('application/x-www-form-urlencoded');
      expect(Object.fromEntries(new URLSearchParams(await plain.text()))).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        scope: 'read:user,user:email,read:org',
      });
      const basic = { authorization: `Basic ${Buffer.from('sandbox:secret').toString('base64')}`, ...asJson };
      const answer: any = await (await exchange(await consented(), basic)).json();
      expect(Object.keys(answer)).toEqual(['access_token', 'token_type', 'scope']);
      expect((await visitor.get('/user', answer.access_token)).status).toBe(200);
    });

    it('ignores scopes it does not know', async () => {
      const form = await consented(['read:user', 'read:minds']);
      expect(await (await exchange({ ...client, ...form }, asJson)).json()).toMatchObject({ scope: 'read:user' });
    });

    it("refuses with status 200 and GitHub's own codes", async () => {
      const form = await consented();
      const refusal = async (change: object) => {
        const response = await exchange({ ...client, ...form, ...change }, asJson);
        const { error, error_description, error_uri } = (await response.json()) as Record<string, string>;
        expect([response.status, typeof error_description, typeof error_uri]).toEqual([200, 'string', 'string']);
        return error;
      };
      expect(await refusal({ code: 'stale' })).toBe('bad_verification_code');
      expect(await refusal({ code_verifier: 'x'.repeat(43) })).toBe('bad_verification_code');
      expect(await refusal({ client_secret: '' })).toBe('incorrect_client_credentials');
      expect(await refusal({ redirect_uri: 'http://127.0.0.1:9/other' })).toBe('redirect_uri_mismatch');
      expect(await refusal({ grant_type: 'refresh_token', refresh_token: 'x' })).toBe('unsupported_grant_type');
      const unencoded = await exchange({ ...client, ...form, code: 'stale' });
      expect(new URLSearchParams(await unencoded.text()).get('error')).toBe('bad_verification_code');
      await control('/clock', { advanceMs: 601_000 });
      expect(await refusal({})).toBe('bad_verification_code');
    });

    it('lets an access token live on', async () => {
      await control('/clock', { advanceMs: 300 * 86_400_000 });
      expect((await visitor.get('/user', token)).status).toBe(200);
    });

    it("takes a persona's own token, which sees private repositories and names no scopes", async () => {
      const own = await visitor.get('/user/repos?visibility=private', PERSONAL);
      expect(own.headers.get('x-oauth-scopes')).toBeNull();
      const [secret] = (await own.json()) as any[];
      expect(secret).toMatchObject({ private: true, owner: { login: 'mira-vennholt' } });
      const granted = (await visitor.connect('night-owl', SCOPES)).access_token;
      const languages = `/repos/${secret.full_name}/languages`;
      expect((await visitor.get(languages, PERSONAL)).status).toBe(200);
      expect((await visitor.get(languages, granted)).status).toBe(404);
      for (const wrong of ['github_pat_sandbox_nobody', 'github_pat_sandbox_', 'ghp_x', `${PERSONAL}x`]) {
        expect((await visitor.get('/user', wrong)).status).toBe(401);
      }
      const spotify = await fetch(`${sandbox.url}/spotify/v1/me`, { headers: { authorization: `Bearer ${PERSONAL}` } });
      expect(spotify.status).toBe(401);
    });
  });

  it('refuses bad tokens, missing scopes, unknown paths and foreign repositories in its own shape', async () => {
    const refusal = async (path: string, by = token) => {
      const response = await visitor.get(path, by);
      const body = (await response.json()) as Record<string, string>;
      expect(body).toEqual({
        message: expect.any(String),
        documentation_url: expect.stringContaining('https://docs.github.com/'),
        status: String(response.status),
      });
      return [response.status, body['message']];
    };
    expect(await refusal('/user', 'x')).toEqual([401, 'Bad credentials']);
    expect(await refusal('/elsewhere')).toEqual([404, 'Not Found']);
    expect(await refusal('/repos/nobody/nothing/commits')).toEqual([404, 'Not Found']);
    expect(await refusal('/users/nobody/events')).toEqual([404, 'Not Found']);
    const bare = (await visitor.connect('night-owl', [])).access_token;
    expect(await refusal('/user/emails', bare)).toEqual([404, 'Not Found']);
    expect((await refusal('/user/orgs', bare))[0]).toBe(403);
    expect(await (await visitor.get('/user', bare)).json()).not.toHaveProperty('private_gists');
    const anonymous = await fetch(`${sandbox.url}/github/user`);
    expect([anonymous.status, await anonymous.json()]).toEqual([
      401,
      expect.objectContaining({ message: 'Requires authentication' }),
    ]);
  });

  it('wants a User-Agent, and takes any well-formed API version', async () => {
    const status = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const options = { headers: { authorization: `Bearer ${token}`, ...headers } };
        httpRequest(`${sandbox.url}/github/user`, options, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await status({})).toBe(403);
    expect(await status({ 'user-agent': 'test' })).toBe(200);
    expect(await status({ 'user-agent': 'test', 'x-github-api-version': '2022-11-28' })).toBe(200);
    expect(await status({ 'user-agent': 'test', 'x-github-api-version': 'newest' })).toBe(400);
  });

  it('counts requests against the limit per token, not those whose answer is unchanged', async () => {
    const first = await visitor.get('/user/repos', token);
    expect(Object.fromEntries([...first.headers].filter(([name]) => /ratelimit|scopes/.test(name)))).toEqual({
      'x-accepted-oauth-scopes': '',
      'x-oauth-scopes': 'read:user, user:email, read:org',
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4999',
      'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
      'x-ratelimit-resource': 'core',
      'x-ratelimit-used': '1',
    });
    const etag = first.headers.get('etag')!;
    for (const tag of [etag, etag.replace('W/', ''), `"other", ${etag}`]) {
      const unchanged = await visitor.get('/user/repos', token, { 'if-none-match': tag });
      expect([unchanged.status, await unchanged.text(), left(unchanged)]).toEqual([304, '', 4_999]);
    }
    const changed = await visitor.get('/user/repos', token, { 'if-none-match': '"other"' });
    expect([changed.status, left(changed)]).toEqual([200, 4_998]);
    expect(left(await visitor.get('/repos/nobody/nothing/commits', token))).toBe(4_997);
    expect(left(await visitor.get('/user', PERSONAL))).toBe(4_999);
    await control('/clock', { advanceMs: 3_600_000 });
    expect(left(await visitor.get('/user', token))).toBe(4_999);
  });

  it('answers ordered faults: the primary limit, the secondary one, a header on a real answer, a refused token', async () => {
    const reset = Math.ceil(Date.now() / 1_000) + 60;
    const headers = { 'x-ratelimit-remaining': 0, 'x-ratelimit-reset': reset };
    await control('/github/faults', {
      path: '/user/repos',
      status: 403,
      headers,
      message: 'API rate limit exceeded',
      times: 1,
    });
    const primary = await visitor.get('/user/repos', token);
    expect([primary.status, primary.headers.get('x-ratelimit-reset'), left(primary)]).toEqual([403, String(reset), 0]);
    expect(await primary.json()).toMatchObject({
      message: 'API rate limit exceeded',
      documentation_url: expect.any(String),
    });

    const message = 'You have exceeded a secondary rate limit.';
    await control('/github/faults', { path: '/user', status: 429, retryAfter: 60, message, times: 1 });
    const secondary = await visitor.get('/user', token);
    expect([secondary.status, secondary.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await secondary.json()).toMatchObject({ message });

    await control('/github/faults', { path: '/user', headers: { 'x-sandbox': 'seen' }, times: 1 });
    const real = await visitor.get('/user', token);
    expect([real.status, real.headers.get('x-sandbox')]).toEqual([200, 'seen']);

    await control('/github/faults', { scope: 'token', status: 200, times: 1 });
    expect(await (await visitor.token({ grant_type: 'authorization_code' })).json()).toMatchObject({
      error: 'bad_verification_code',
    });
    const log = (await (await fetch(`${sandbox.url}/sandbox/github/requests`)).json()) as Record<string, number>;
    expect(log).toMatchObject({ '/user': 2, '/user/repos': 1 });
  });
});
