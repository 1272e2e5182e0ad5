import { request } from 'node:http';
import { ApiClient } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { RunningApp } from '../support/running-app.js';
import { TokenEndpoint, type TokenAnswer } from '../support/token-endpoint.js';

const GOOD = { access_token: 'the token', token_type: 'bearer', expires_in: 3_600 };

/** Here Spotify is honest and an attacker controls GitHub. */
describe('an attack on the OAuth client', () => {
  let honest: TokenEndpoint;
  let evil: TokenEndpoint;
  let app: RunningApp;
  let ada: ApiClient;

  beforeAll(async () => {
    [honest, evil] = [await TokenEndpoint.start(), await TokenEndpoint.start()];
    const client = (name: string, { url }: TokenEndpoint) => ({
      [`PLATFORM_${name}_CLIENT_ID`]: 'id',
      [`PLATFORM_${name}_CLIENT_SECRET`]: 'secret',
      [`PLATFORM_${name}_AUTHORIZE_URL`]: new URL('/authorize', url).href,
      [`PLATFORM_${name}_TOKEN_URL`]: url,
      [`PLATFORM_${name}_API_URL`]: new URL('/api', url).href,
    });
    app = await RunningApp.start({
      database: 'postgres',
      env: {
        ...client('SPOTIFY', honest),
        ...client('GITHUB', evil),
        RETRY_BASE_MS: '10',
        PLATFORM_RETRY_BASE_MS: '1',
      },
    });
  });
  beforeEach(async () => {
    for (const endpoint of [honest, evil]) {
      endpoint.reset();
      endpoint.answer = () => ({ body: GOOD });
    }
    ada = await ApiClient.signIn(app);
  });
  afterAll(async () => {
    await app.stop();
    await honest.stop();
    await evil.stop();
  });

  const exchanges = (endpoint: TokenEndpoint) =>
    endpoint.requests.filter(({ form }) => form['grant_type'] !== undefined);

  async function begun(returnTo = '/', platform = 'spotify') {
    const answer = await ada.call('POST', `/connectors/${platform}/authorize`, { body: { returnTo } });
    const browser = new BrowserSession();
    browser.keep(app.url, answer.headers);
    return { ...answer.body.data, browser } as {
      state: string;
      connectId: string;
      authorizationUrl: string;
      browser: BrowserSession;
    };
  }
  const callbackAt = (platform: string, parameters: string) =>
    `${app.url}/api/connectors/${platform}/callback?${parameters}`;

  describe('with two authorization servers of which one is evil (RFC 9700 section 4.4)', () => {
    it('does not bring the honest one’s code to the evil one', async () => {
      const { state, browser, connectId } = await begun();
      const { location } = await browser.open(callbackAt('github', `code=honest&state=${state}`));
      expect(location).toBe(`${app.url}/?error=CONNECT_STATE_INVALID&platform=github`);
      const { body } = await ada.call('POST', '/connectors/callback', {
        body: { platform: 'github', state, code: 'honest' },
      });
      expect(body.error.code).toBe('CONNECT_STATE_INVALID');
      expect([exchanges(evil), exchanges(honest)]).toEqual([[], []]);
      expect(await ada.get(`/connectors/connects/${connectId}`)).toMatchObject({ status: 'pending' });
    });

    it('does not get anywhere with an answer in the other’s name (RFC 9207)', async () => {
      const { state, browser } = await begun();
      const iss = encodeURIComponent(new URL(evil.url).origin);
      const { location } = await browser.open(callbackAt('spotify', `code=x&state=${state}&iss=${iss}`));
      expect(location).toBe(`${app.url}/?error=PROVIDER_BAD_ANSWER&platform=spotify`);
      expect([exchanges(evil), exchanges(honest)]).toEqual([[], []]);
    });

    it('finds another redirect URI, PKCE verifier and state at each of them', async () => {
      const urls = [await begun(), await begun(), await begun('/', 'github')].map(
        ({ authorizationUrl }) => new URL(authorizationUrl),
      );
      for (const name of ['state', 'code_challenge']) {
        expect(new Set(urls.map(({ searchParams }) => searchParams.get(name))).size).toBe(3);
      }
      expect(urls.map(({ searchParams }) => searchParams.get('code_challenge_method'))).toEqual([
        'S256',
        'S256',
        'S256',
      ]);
      expect(new Set(urls.map(({ searchParams }) => searchParams.get('redirect_uri')))).toEqual(
        new Set(['spotify', 'github'].map((name) => `${app.url}/api/connectors/${name}/callback`)),
      );
    });
  });

  it.each([
    'state=a&state=b&code=c',
    'state[]=a&code=c',
    'state[x]=a&code[]=c',
    'code=a&code=b&state=',
    'state=%00&code=%00',
    `state=${'a'.repeat(5_000)}&code=x`,
  ])('with the parameters %s ends at a page', async (parameters) => {
    const { location, status } = await new BrowserSession().open(callbackAt('spotify', parameters));
    expect([status, location]).toEqual([303, `${app.url}/?error=CONNECT_STATE_INVALID&platform=spotify`]);
  });

  it('with a forged Host and X-Forwarded-* changes no address', async () => {
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'host=evil.example;proto=https',
      'x-original-url': '/evil',
      authorization: `Bearer ${ada.token ?? ''}`,
    };
    const raw = (method: string, path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
        const sent = request(app.url + path, { method, headers }, (answer) => {
          let body = '';
          answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
        });
        sent.on('error', reject).end();
      });
    for (const [method, path] of [
      ['POST', '/api/connectors/spotify/authorize'],
      ['GET', '/api/connectors/spotify/callback?state=x&code=y'],
      ['GET', '/'],
      ['GET', '/api/openapi.json'],
      ['GET', '/nowhere'],
    ] as const) {
      const misled = await raw(method, path, { ...forged, host: 'evil.example' });
      expect([path, misled.status, JSON.stringify(misled).includes('evil')]).toEqual([path, 421, false]);
      const answer = await raw(method, path, forged);
      expect([path, JSON.stringify(answer).includes('evil')]).toEqual([path, false]);
      if (method === 'POST') {
        const { searchParams } = new URL(JSON.parse(answer.body).data.authorizationUrl);
        expect(searchParams.get('redirect_uri')).toBe(`${app.url}/api/connectors/spotify/callback`);
      }
    }
  });

  it('with a place to return to leads to no other site, whatever it is', async () => {
    const attempts = [
      '//e',
      '/\\e',
      '/%2fe',
      '/%2f%2fe',
      '/%5ce',
      '/%09//e',
      '/.//e',
      '/..//e',
      '/%2e%2e//e',
      '/a/..//e',
      '/?//e',
      '/#//e',
      '/@e',
      '/:80',
      '/;//e',
      'javascript:alert(1)',
      '/javascript:alert(1)',
      'data:text/html,x',
      'http:/e',
      'http:e',
      '\u2028//e',
      '/\u2028/e',
      '/ /e',
      '///e',
      '/a?b=//e#//e',
    ];
    let accepted = 0;
    for (const returnTo of attempts) {
      const answer = await ada.call('POST', '/connectors/spotify/authorize', { body: { returnTo } });
      if (answer.status === 400) continue;
      accepted += 1;
      const browser = new BrowserSession();
      browser.keep(app.url, answer.headers);
      const { location } = await browser.open(
        callbackAt('spotify', `error=access_denied&state=${answer.body.data.state as string}`),
      );
      expect([returnTo, new URL(location).origin]).toEqual([returnTo, app.url]);
    }
    expect(accepted).toBeGreaterThan(5);
    expect(attempts.length - accepted).toBeGreaterThan(5);
  });

  const HOSTILE: readonly (readonly [string, TokenAnswer, string])[] = [
    ['200 with an error', { body: { error: 'invalid_grant' } }, 'CONNECT_CODE_REFUSED'],
    ['no token_type', { body: { access_token: 'x' } }, 'PROVIDER_BAD_ANSWER'],
    ['another token_type', { body: { ...GOOD, token_type: 'mac' } }, 'PROVIDER_BAD_ANSWER'],
    [
      'a form',
      { body: 'access_token=x&token_type=bearer', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      'PROVIDER_BAD_ANSWER',
    ],
    ['a redirect', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } }, 'PROVIDER_BAD_ANSWER'],
    [
      'a redirect that keeps the body',
      { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/' } },
      'PROVIDER_BAD_ANSWER',
    ],
    ['60 MB', { body: { ...GOOD, padding: 'x'.repeat(60_000_000) } }, 'PROVIDER_BAD_ANSWER'],
    ['nothing', { body: '' }, 'PROVIDER_BAD_ANSWER'],
    ['a list', { body: [GOOD] }, 'PROVIDER_BAD_ANSWER'],
    ['a token that is a number', { body: { ...GOOD, access_token: 7 } }, 'PROVIDER_BAD_ANSWER'],
    ['an empty token', { body: { ...GOOD, access_token: '' } }, 'PROVIDER_BAD_ANSWER'],
    ['a lifetime that is none', { body: { ...GOOD, expires_in: { a: 1 } } }, 'PROVIDER_BAD_ANSWER'],
    ['half an answer and silence', 'half', 'PROVIDER_UNAVAILABLE'],
    ['no answer at all', 'drop', 'PROVIDER_UNAVAILABLE'],
  ];

  it.each(HOSTILE)('by a token endpoint that answers with %s stores nothing', async (_, answer, code) => {
    honest.answer = () => answer;
    const { state, connectId } = await begun();
    const { body } = await ada.call('POST', '/connectors/callback', {
      body: { platform: 'spotify', state, code: 'x' },
    });
    expect(body.error?.code).toBe(code);
    expect(exchanges(honest)).toHaveLength(1);
    expect(await ada.get(`/connectors/connects/${connectId}`)).toMatchObject({ status: 'failed', error: { code } });
    expect(await app.database!.query('SELECT 1 FROM connections WHERE user_id = $1', [ada.userId])).toEqual([]);
    expect(await ada.all('/extraction/jobs')).toEqual([]);
    expect(
      (await app.database!.query('SELECT verifier FROM connects WHERE id = $1', [connectId]))[0].verifier,
    ).toBeNull();
    expect(app.isRunning).toBe(true);
  });

  describe('by who can write to the database', () => {
    async function connected(person: ApiClient) {
      const { state } = await person.authorize();
      await person.callback({ state, code: 'x' });
      await person.endOf((await person.all('/extraction/jobs'))[0].id);
    }
    const set = (assignment: string, parameters: unknown[] = []) =>
      app.database!.query(`UPDATE connections SET ${assignment} WHERE user_id = '${ada.userId}'`, parameters);

    const CHANGES: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
      [
        'copies somebody’s tokens to their own row',
        async () => {
          const bea = await ApiClient.signIn(app);
          await connected(bea);
          const [row] = await app.database!.query('SELECT access_token FROM connections WHERE user_id = $1', [
            bea.userId,
          ]);
          await set('access_token = $1', [row.access_token]);
        },
        /changed, moved/,
      ],
      ['swaps the columns', () => set('access_token = refresh_token, refresh_token = access_token'), /changed, moved/],
      ['cuts the tag off', () => set(`access_token = regexp_replace(access_token, '[^.]+$', '')`), /damaged/],
      ['shortens the tag', () => set('access_token = left(access_token, -16)'), /damaged/],
      [
        'changes a byte',
        () =>
          set(
            `access_token = regexp_replace(access_token, '^([^.]+[.][^.]+[.]).', '\\1' || CASE WHEN substr(split_part(access_token, '.', 3), 1, 1) = 'A' THEN 'B' ELSE 'A' END)`,
          ),
        /changed, moved/,
      ],
      [
        'names an unknown key',
        () => set(`access_token = regexp_replace(access_token, '^[^.]+', 'stranger')`),
        /The key "stranger"/,
      ],
      ['writes a token in the open', () => set(`access_token = 'a plain token'`), /The key/],
    ];

    it.each(CHANGES)('who %s has nothing sent, and the reason is said', async (_, change, reason) => {
      honest.answer = () => ({ body: { ...GOOD, refresh_token: 'refresh' } });
      await connected(ada);
      await change();
      honest.reset();
      const ended = await ada.endOf((await ada.post('/extraction/spotify')).jobId);
      expect(ended).toMatchObject({
        state: 'failed',
        errorCode: 'SECRET_UNREADABLE',
        failedReason: expect.stringMatching(reason),
      });
      expect(honest.requests).toEqual([]);
    });
  });
});
