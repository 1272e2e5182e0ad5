import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';

describe('a platform pointed at another server', () => {
  let server: Sandbox;
  let app: RunningApp;

  beforeAll(async () => {
    server = await startSandbox({ host: '127.0.0.1', port: 0 });
    app = await RunningApp.start({
      database: inFull('embedded', 'postgres'),
      env: {
        SANDBOX: 'false',
        PLATFORM_SPOTIFY_CLIENT_ID: 'our-client',
        PLATFORM_SPOTIFY_CLIENT_SECRET: 'our-secret',
        PLATFORM_SPOTIFY_AUTHORIZE_URL: `${server.url}/spotify/oauth/authorize`,
        PLATFORM_SPOTIFY_TOKEN_URL: `${server.url}/spotify/oauth/token`,
        PLATFORM_SPOTIFY_API_URL: `${server.url}/spotify`,
        // The answer comes when the job is over, also on a busy machine.
        SYNC_WAIT_MS: '200000',
      },
    });
  });
  afterAll(async () => {
    await app.stop();
    await server.close();
  });

  it('is connected and read there, by the path that real platforms take', async () => {
    const person = await ApiClient.signIn(app);
    expect(await person.get('/connectors/platforms')).toContainEqual(
      expect.objectContaining({ name: 'spotify', mode: 'real' }),
    );
    const { body } = await person.call('POST', '/connectors/spotify/authorize');
    const authorization = new URL(body.data.authorizationUrl);
    expect(authorization.origin).toBe(server.url);
    expect(Object.fromEntries(authorization.searchParams)).toMatchObject({
      client_id: 'our-client',
      redirect_uri: `${app.url}/api/connectors/spotify/callback`,
      code_challenge_method: 'S256',
    });
    const consent = `${authorization.href}&persona=newcomer&decision=allow`;
    const answer = new URL((await fetch(consent, { redirect: 'manual' })).headers.get('location') ?? '');
    const ended = await person.call('POST', '/connectors/callback', {
      body: {
        platform: 'spotify',
        code: answer.searchParams.get('code'),
        state: answer.searchParams.get('state'),
      },
    });
    expect(ended.body.data).toMatchObject({ platform: 'spotify', connected: true, queued: false });
    expect(await person.get('/connectors/status')).toMatchObject({
      spotify: { connected: true, lastSyncStatus: 'completed' },
    });
    expect(await person.get('/extraction/items?kind=saved-track')).toHaveLength(3);
  });
});
