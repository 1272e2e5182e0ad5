import { join } from 'node:path';
import { ApiClient } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { Child } from '../support/child.js';
import { freePort } from '../support/free-port.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

/** With everything in it that basic authentication has to encode. */
const CLIENT = { id: 'soul signature', secret: 'a secret: 100% +/=' };

describe('an authorization server that is none of ours (oidc-provider)', () => {
  let app: RunningApp;
  let server: Child;
  let issuer: string;
  let person: ApiClient;

  const control = async (path: string) => (await fetch(`${issuer}/test/${path}`)).json() as Promise<any>;
  const extract = async () => person.endOf((await person.post('/extraction/spotify')).jobId);

  beforeAll(async () => {
    const port = await freePort();
    issuer = `http://127.0.0.1:${port}`;
    app = await RunningApp.start({
      database: 'postgres',
      env: {
        SANDBOX: 'false',
        PLATFORM_SPOTIFY_CLIENT_ID: CLIENT.id,
        PLATFORM_SPOTIFY_CLIENT_SECRET: CLIENT.secret,
        PLATFORM_SPOTIFY_AUTHORIZE_URL: `${issuer}/auth`,
        PLATFORM_SPOTIFY_TOKEN_URL: `${issuer}/token`,
        PLATFORM_SPOTIFY_REVOKE_URL: `${issuer}/token/revocation`,
        PLATFORM_SPOTIFY_API_URL: issuer,
      },
    });
    const redirectUri = `${app.url}/api/connectors/spotify/callback`;
    const program = join(__dirname, '../support/authorization-server.js');
    server = new Child(process.execPath, [program, String(port), redirectUri, CLIENT.secret]);
    await until('the authorization server', () => server.lines.includes('listening'));
    person = await ApiClient.signIn(app);
  });
  afterAll(async () => {
    await app.stop();
    await server.end('SIGKILL');
  });

  /** Connects in a browser, by whatever pages the provider shows. */
  async function connect(): Promise<string> {
    const answer = await person.call('POST', '/connectors/spotify/authorize');
    const browser = new BrowserSession();
    browser.keep(app.url, answer.headers);
    const callback = await browser.follow(answer.body.data.authorizationUrl, `${app.url}/api/`);
    expect(new URL(callback).searchParams.get('iss')).toBe(issuer);
    return new URL((await browser.open(callback)).location).search;
  }

  it('connects with PKCE and client_secret_basic, and reads the API with its tokens', async () => {
    const platforms = await person.get('/connectors/platforms');
    expect(platforms).toContainEqual(expect.objectContaining({ name: 'spotify', mode: 'real' }));
    expect(await connect()).toBe('?connected=spotify');
    const [{ id }] = await person.all('/extraction/jobs');
    expect(await person.endOf(id)).toMatchObject({ state: 'completed', items: 4, attemptsMade: 1 });
    expect(await person.itemCounts()).toEqual({ profile: 1, 'saved-track': 3 });
    expect(await control('seen')).toMatchObject({ authorization_code: 1, refresh_token: 0, refused: 0 });
  });

  it('renews its tokens as often as they end, each time with the newest refresh token', async () => {
    for (let round = 1; round <= 3; round++) {
      await control('end-access-tokens');
      expect(await extract()).toMatchObject({ state: 'completed', attemptsMade: 1 });
      expect(await control('seen')).toMatchObject({ refresh_token: round, refused: 0 });
    }
  });

  it('does not renew what is still good', async () => {
    const before = await control('seen');
    expect(await extract()).toMatchObject({ state: 'completed' });
    expect(await control('seen')).toMatchObject({ refresh_token: before.refresh_token });
  });

  it('sees that the grant has ended, says so once, and connects anew', async () => {
    await control('end-grants');
    expect(await extract()).toMatchObject({ state: 'failed', errorCode: 'NEEDS_RECONNECT' });
    const told = (await person.events()).filter(({ type }) => type === 'connection_status');
    expect(told.map(({ status }) => status)).toEqual(['connected', 'needs_reconnect']);
    expect((await control('seen')).refused).toBe(1);
    expect(await connect()).toBe('?connected=spotify');
    const [{ id }] = await person.all('/extraction/jobs');
    expect(await person.endOf(id)).toMatchObject({ state: 'completed' });
  });

  it('does not take an answer that another issuer might have made (RFC 9207)', async () => {
    const { authorizationUrl, state, connectId } = await person.authorize();
    expect(authorizationUrl).toContain(issuer);
    const { body } = await person.call('POST', '/connectors/callback', {
      body: { platform: 'spotify', state, code: 'made-up', iss: 'https://evil.example' },
    });
    expect(body.error.code).toBe('PROVIDER_BAD_ANSWER');
    expect(await person.get(`/connectors/connects/${connectId}`)).toMatchObject({ status: 'failed' });
  });

  it('gets its tokens back when the person disconnects, the refresh token first (RFC 7009)', async () => {
    const before = await control('seen');
    expect(await person.delete('/connectors/spotify')).toMatchObject({ connected: false, revoked: true });
    const { revoked } = await control('seen');
    expect(revoked[before.revoked.length]).toBe('refresh_token');
    const [row] = await app.database!.query('SELECT * FROM connections WHERE user_id = $1', [person.userId]);
    expect(row).toMatchObject({ status: 'disconnected', access_token: null, refresh_token: null, scopes: [] });
  });
});
