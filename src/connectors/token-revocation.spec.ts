import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { TokenEndpoint, type TokenAnswer } from '../../test/support/token-endpoint.js';
import { parseConfig } from '../config/config.js';
import { OAuthClient } from './oauth-client.js';
import { PlatformDirectory } from './platform-access.js';
import { TokenRevocation } from './token-revocation.js';
import { TokenVault } from './token-vault.js';

const MOVED = { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' };

describe('Giving tokens back', () => {
  let endpoint: TokenEndpoint;
  let opened: OpenDatabase;
  let revocation: TokenRevocation;
  let vault: TokenVault;

  beforeAll(async () => {
    endpoint = await TokenEndpoint.start();
    opened = await openDatabase();
    const config = {
      ...parseConfig({
        PLATFORM_YOUTUBE_CLIENT_ID: 'id',
        PLATFORM_YOUTUBE_CLIENT_SECRET: 'secret',
        PLATFORM_YOUTUBE_REVOKE_URL: endpoint.url,
        PLATFORM_GITHUB_CLIENT_ID: 'an app',
        PLATFORM_GITHUB_CLIENT_SECRET: 'secret',
        PLATFORM_GITHUB_REVOKE_URL: `${endpoint.url}/{client_id}`,
        PLATFORM_SPOTIFY_CLIENT_ID: 'id',
        PLATFORM_SPOTIFY_CLIENT_SECRET: 'secret',
        PLATFORM_SPOTIFY_TOKEN_URL: 'https://oauth2.googleapis.com/token',
      }),
      encryptionKeys: [{ id: 'k', key: Buffer.alloc(32, 7) }],
    };
    vault = new TokenVault(config);
    revocation = new TokenRevocation(opened.database, new PlatformDirectory(config), new OAuthClient(), vault);
    await opened.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });
  beforeEach(async () => {
    endpoint.reset();
    endpoint.answer = () => ({ body: '' });
    await opened.database.query('DELETE FROM connections');
  });
  afterAll(async () => {
    await endpoint.stop();
    await opened.close();
  });

  const held = (platform = 'youtube') => ({
    userId: 'ana',
    platform,
    origin: 'real' as const,
    accessToken: vault.seal('the access', { userId: 'ana', platform, field: 'access_token' }),
    refreshToken: vault.seal('the refresh', { userId: 'ana', platform, field: 'refresh_token' }),
  });

  it('revokes the refresh token, then the access token, as the client', async () => {
    expect(await revocation.ofConnection(held())).toBe(true);
    expect(endpoint.requests.map(({ form }) => form)).toEqual([
      { token: 'the refresh', token_type_hint: 'refresh_token', client_id: 'id', client_secret: 'secret' },
      { token: 'the access', token_type_hint: 'access_token', client_id: 'id', client_secret: 'secret' },
    ]);
  });

  it('takes a token that the provider does not know (any more) for revoked', async () => {
    endpoint.answer = () => ({ status: 400, body: { error: 'invalid_token' } });
    expect(await revocation.ofConnection(held())).toBe(true);
  });

  it('claims nothing where there is no token any more', async () => {
    for (const platform of ['youtube', 'github']) {
      const nothing = { ...held(platform), accessToken: null, refreshToken: null };
      expect(await revocation.ofConnection(nothing)).toBe(false);
    }
    expect(endpoint.requests).toEqual([]);
  });

  it("uses GitHub's own request for GitHub", async () => {
    endpoint.answer = () => ({ status: 204, body: '' });
    expect(await revocation.ofConnection({ ...held('github'), refreshToken: null })).toBe(true);
    expect(endpoint.requests).toHaveLength(1);
    expect(endpoint.requests[0]!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('an app:secret').toString('base64')}`,
      'content-type': 'application/json',
    });
  });

  it.each<[string, TokenAnswer]>([
    ['is away', 'drop'],
    ['fails', { status: 503, body: 'sorry' }],
    ['does not know our client', { status: 401, body: { error: 'invalid_client' } }],
    ['sends us elsewhere', MOVED],
  ])('says so, and does not throw, when a provider %s', async (_, answer) => {
    endpoint.answer = () => answer;
    expect(await revocation.ofConnection(held())).toBe(false);
    expect(await revocation.ofConnection({ ...held('github'), refreshToken: null })).toBe(false);
  });

  it('does not send what it cannot open', async () => {
    expect(await revocation.ofConnection({ ...held(), refreshToken: 'other-key.AAAA.AAAA.AAAA' })).toBe(false);
    expect(endpoint.requests).toEqual([]);
  });

  it('revokes nothing that a living connection of the same client still needs', async () => {
    await opened.database.query(
      `INSERT INTO connections (user_id, platform, origin, status, connected_at) VALUES ('ana', 'spotify', 'real', 'connected', now())`,
    );
    expect(await revocation.ofConnection(held())).toBe(false);
    expect(endpoint.requests).toEqual([]);
    await opened.database.query(`UPDATE connections SET status = 'disconnected'`);
    expect(await revocation.ofConnection(held())).toBe(true);
  });
});
