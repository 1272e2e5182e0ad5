import '../../test/support/own-data-folder.js';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { TokenEndpoint, type TokenAnswer } from '../../test/support/token-endpoint.js';
import { parseConfig } from '../config/config.js';
import { OAuthClient } from './oauth-client.js';
import { PlatformDirectory, type PlatformAccess } from './platform-access.js';

/** Everything that must never be in a message, a stack or a log. */
const SECRETS = {
  clientSecret: 'client-secret-LEAK1',
  code: 'authorization-code-LEAK2',
  verifier: 'verifier-LEAK3'.padEnd(43, '~'),
  refreshToken: 'refresh-token-LEAK4',
  state: 'state-LEAK5',
};

describe('The OAuth client', () => {
  const client = new OAuthClient();
  let endpoint: TokenEndpoint;
  let access: PlatformAccess;

  beforeAll(async () => {
    endpoint = await TokenEndpoint.start();
    const config = parseConfig({
      PLATFORM_SPOTIFY_CLIENT_ID: 'client-id',
      PLATFORM_SPOTIFY_CLIENT_SECRET: SECRETS.clientSecret,
      PLATFORM_SPOTIFY_TOKEN_URL: endpoint.url,
      PLATFORM_SPOTIFY_AUTHORIZE_URL: 'https://accounts.example/authorize?fixed=1',
      PLATFORM_SPOTIFY_SCOPES: 'read-a read-b',
    });
    access = new PlatformDirectory(config).get('spotify');
  });

  beforeEach(() => {
    endpoint.reset();
  });

  afterAll(() => endpoint.stop());

  const request = { redirectUri: 'https://soul.example/cb', state: SECRETS.state, verifier: SECRETS.verifier };
  const exchange = (as = access) => client.exchange(as, request, { code: SECRETS.code });
  const refresh = (as = access) => client.refresh(as, SECRETS.refreshToken);

  it('asks for a code with PKCE, the state, the scopes and nothing secret', async () => {
    const verifier = client.newVerifier();
    const url = new URL(await client.authorizationUrl(access, { ...request, verifier }));
    expect(url.origin + url.pathname).toBe('https://accounts.example/authorize');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      fixed: '1',
      response_type: 'code',
      client_id: 'client-id',
      redirect_uri: request.redirectUri,
      scope: 'read-a read-b',
      state: request.state,
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    });
    expect(url.href).not.toContain(verifier);
    expect(url.href).not.toContain('LEAK1');
    expect(client.newVerifier()).not.toBe(verifier);
    expect(verifier.length).toBeGreaterThanOrEqual(43);
  });

  it('exchanges a code, with the verifier and the redirect address it was asked for with', async () => {
    endpoint.answer = () => ({
      body: { access_token: 'at', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt', scope: 'a b' },
    });
    expect(await exchange()).toEqual({
      accessToken: 'at',
      refreshToken: 'rt',
      expiresInSeconds: 3600,
      scopes: ['a', 'b'],
    });
    expect(endpoint.requests.map(({ form }) => form)).toEqual([
      expect.objectContaining({
        grant_type: 'authorization_code',
        code: SECRETS.code,
        redirect_uri: request.redirectUri,
        code_verifier: SECRETS.verifier,
      }),
    ]);
  });

  it('refreshes, and leaves open what the provider does not say', async () => {
    endpoint.answer = () => ({ body: { access_token: 'at2', token_type: 'bearer' } });
    expect(await refresh()).toEqual({
      accessToken: 'at2',
      refreshToken: undefined,
      expiresInSeconds: undefined,
      scopes: undefined,
    });
    expect(endpoint.requests[0]!.form).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: SECRETS.refreshToken,
    });
  });

  it('understands scopes separated by commas', async () => {
    endpoint.answer = () => ({ body: { access_token: 'at', token_type: 'bearer', scope: 'repo,read:user' } });
    expect((await exchange()).scopes).toEqual(['repo', 'read:user']);
  });

  it('proves itself in the way the provider wants', async () => {
    endpoint.answer = () => ({ body: { access_token: 'at', token_type: 'bearer' } });
    const as = (clientAuthentication: 'basic' | 'body') => ({
      ...access,
      platform: { ...access.platform, oauth: { ...access.platform.oauth, clientAuthentication } },
    });
    await exchange(as('basic'));
    await exchange(as('body'));
    await exchange({ ...access, clientSecret: undefined });
    const [basic, body, none] = endpoint.requests;
    const credentials = Buffer.from(basic!.headers.authorization!.replace('Basic ', ''), 'base64').toString();
    expect(credentials).toBe(`client%2Did:${SECRETS.clientSecret.replaceAll('-', '%2D')}`);
    expect(basic!.form).not.toHaveProperty('client_secret');
    expect(body!.form).toMatchObject({ client_id: 'client-id', client_secret: SECRETS.clientSecret });
    expect(body!.headers).not.toHaveProperty('authorization');
    expect(none!.form).toMatchObject({ client_id: 'client-id' });
    expect(none!.form).not.toHaveProperty('client_secret');
    expect(none!.headers).not.toHaveProperty('authorization');
  });

  describe('says what is wrong, and repeats nothing of what was sent or received', () => {
    const echo = Object.values(SECRETS).join(' ');
    const cases: [string, TokenAnswer, string][] = [
      [
        'a refused code',
        { status: 400, body: { error: 'invalid_grant', error_description: echo } },
        'CONNECT_CODE_REFUSED',
      ],
      [
        'a refused code with status 200',
        { body: { error: 'bad_verification_code', error_description: echo } },
        'CONNECT_CODE_REFUSED',
      ],
      [
        'a refused code with status 401',
        { status: 401, body: { error: 'invalid_grant', x: echo } },
        'CONNECT_CODE_REFUSED',
      ],
      [
        'a refused client',
        { status: 401, body: { error: 'invalid_client', error_description: echo } },
        'PROVIDER_REFUSED_CLIENT',
      ],
      [
        'a refused client with a challenge',
        { status: 401, headers: { 'www-authenticate': `Basic realm="${echo}"` }, body: { error: 'invalid_client' } },
        'PROVIDER_REFUSED_CLIENT',
      ],
      [
        'a refused client with status 200',
        { body: { error: 'incorrect_client_credentials', x: echo } },
        'PROVIDER_REFUSED_CLIENT',
      ],
      [
        'another OAuth error',
        { status: 400, body: { error: 'invalid_scope', error_description: echo } },
        'PROVIDER_REFUSED',
      ],
      ['an error code that is a story', { status: 400, body: { error: `it was ${echo}` } }, 'PROVIDER_REFUSED'],
      ['a page', { body: `<html>Sign in! ${echo}</html>` }, 'PROVIDER_BAD_ANSWER'],
      ['a page with a bad status', { status: 404, body: `<html>${echo}</html>` }, 'PROVIDER_BAD_ANSWER'],
      ['nothing', { headers: { 'content-type': 'application/json' }, body: '' }, 'PROVIDER_BAD_ANSWER'],
      [
        'no JSON where it promised some',
        { headers: { 'content-type': 'application/json' }, body: `{"access_token": ${echo}` },
        'PROVIDER_BAD_ANSWER',
      ],
      ['JSON without a token', { body: { hello: echo } }, 'PROVIDER_BAD_ANSWER'],
      ['a list', { body: [echo] }, 'PROVIDER_BAD_ANSWER'],
      ['a token that is no text', { body: { access_token: { echo }, token_type: 'bearer' } }, 'PROVIDER_BAD_ANSWER'],
      [
        'a lifetime that is no number',
        { body: { access_token: 'at', token_type: 'bearer', expires_in: echo } },
        'PROVIDER_BAD_ANSWER',
      ],
      [
        'a form',
        { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `access_token=at&x=${echo}` },
        'PROVIDER_BAD_ANSWER',
      ],
      [
        'a token in sixty megabytes',
        { body: { access_token: 'at', x: echo.repeat(60e6 / echo.length) } },
        'PROVIDER_BAD_ANSWER',
      ],
      ['a server error', { status: 500, body: `<html>${echo}</html>` }, 'PROVIDER_UNAVAILABLE'],
      ['a gateway error', { status: 503, body: { message: echo } }, 'PROVIDER_UNAVAILABLE'],
      ['a dropped connection', 'drop', 'PROVIDER_UNAVAILABLE'],
    ];

    it.each(cases)('%s', async (_, answer, code) => {
      endpoint.answer = () => answer;
      for (const attempt of [exchange, refresh]) {
        const error: unknown = await attempt().then(
          () => 'a grant',
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code });
        const everything = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}${(error as Error).stack}`;
        expect(everything).not.toContain('LEAK');
        expect((error as Error).message).toContain(access.platform.title);
      }
    });

    it('a provider that is not there', async () => {
      const gone = { ...access, tokenUrl: 'http://127.0.0.1:1/token' };
      await expect(exchange(gone)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      await expect(exchange(gone)).rejects.toThrow(/127\.0\.0\.1:1\) did not answer/);
    });

    it('a provider that hangs, with the headers or in the middle of the body, after ten seconds', async () => {
      endpoint.answer = ({ form }) => (form['code'] ? 'hang' : 'half');
      const began = Date.now();
      const [headers, body] = await Promise.allSettled([exchange(), refresh()]);
      expect(headers).toMatchObject({ status: 'rejected', reason: { code: 'PROVIDER_UNAVAILABLE' } });
      expect(body).toMatchObject({ status: 'rejected', reason: { code: 'PROVIDER_UNAVAILABLE' } });
      expect(Date.now() - began).toBeGreaterThan(9_000);
      expect(Date.now() - began).toBeLessThan(15_000);
    });
  });

  it('follows no redirect with a code in its hands', async () => {
    const received: string[] = [];
    const elsewhere = createServer((asked, response) => {
      received.push(asked.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    for (const status of [301, 302, 307, 308]) {
      endpoint.answer = () => ({ status, headers: { location: `http://127.0.0.1:${port}/` }, body: '' });
      await expect(exchange()).rejects.toMatchObject({ code: 'PROVIDER_BAD_ANSWER' });
    }
    expect(received).toEqual([]);
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  it('refuses the answer of an issuer that was not asked', async () => {
    endpoint.answer = () => ({ body: { access_token: 'at', token_type: 'bearer' } });
    const answer = { code: SECRETS.code, iss: 'https://evil.example' };
    await expect(client.exchange(access, request, answer)).rejects.toMatchObject({ code: 'PROVIDER_BAD_ANSWER' });
    expect(endpoint.requests).toEqual([]);
    await client.exchange(access, request, { code: SECRETS.code, iss: 'https://accounts.example' });
  });
});
