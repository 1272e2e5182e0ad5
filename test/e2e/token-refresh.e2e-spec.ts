import { join } from 'node:path';
import { ApiClient } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { builtFile, NODE_FLAGS, testProgram } from '../support/built-program.js';
import { Child } from '../support/child.js';
import { freePort } from '../support/free-port.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

const PROCESSES = 4;
const CALLERS = 25;

/** oidc-provider rotates refresh tokens, and ends the whole grant when a used one comes again. */
describe('the token of one connection, asked for by everybody at once', () => {
  let app: RunningApp;
  let server: Child;
  let issuer: string;
  let person: ApiClient;
  let env: Record<string, string>;

  const seen = async () => (await fetch(`${issuer}/test/seen`)).json() as Promise<any>;

  beforeAll(async () => {
    const port = await freePort();
    issuer = `http://127.0.0.1:${port}`;
    env = {
      SANDBOX: 'false',
      TOKEN_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
      PLATFORM_SPOTIFY_CLIENT_ID: 'soul signature',
      PLATFORM_SPOTIFY_CLIENT_SECRET: 'secret',
      PLATFORM_SPOTIFY_AUTHORIZE_URL: `${issuer}/auth`,
      PLATFORM_SPOTIFY_TOKEN_URL: `${issuer}/token`,
      PLATFORM_SPOTIFY_API_URL: issuer,
    };
    app = await RunningApp.start({ database: 'postgres', env });
    const redirectUri = `${app.url}/api/connectors/spotify/callback`;
    const program = join(__dirname, '../support/authorization-server.js');
    server = new Child(process.execPath, [program, String(port), redirectUri, 'secret']);
    await until('the authorization server', () => server.lines.includes('listening'));
    person = await ApiClient.signIn(app);
    const answer = await person.call('POST', '/connectors/spotify/authorize');
    const browser = new BrowserSession();
    browser.keep(app.url, answer.headers);
    await browser.open(await browser.follow(answer.body.data.authorizationUrl, `${app.url}/api/`));
    const [{ id }] = await person.all('/extraction/jobs');
    await person.endOf(id);
  });
  afterAll(async () => {
    await app.stop();
    await server.end('SIGKILL');
  });

  it(`is refreshed once for ${PROCESSES} processes with ${CALLERS} callers each, and the grant lives on`, async () => {
    for (let round = 1; round <= 3; round += 1) {
      await app.database!.query('UPDATE connections SET access_expires_at = now()');
      const before = await seen();
      const program = testProgram('test/support/token-callers.js');
      const children = Array.from(
        { length: PROCESSES },
        () =>
          new Child(process.execPath, [...NODE_FLAGS, program, person.userId, 'spotify', String(CALLERS)], {
            env: { ...env, BUILT: builtFile('.'), DATA_DIR: app.dataDir, DATABASE_URL: app.database!.url },
          }),
      );
      await until('all processes to be ready', () => children.every((child) => child.lines.includes('ready')));
      for (const child of children) child.signal('SIGUSR2');
      await Promise.all(children.map((child) => child.ended));
      const answers = children.flatMap((child) => JSON.parse(child.lines.find((line) => line.startsWith('['))!));
      expect(answers).toHaveLength(PROCESSES * CALLERS);
      expect([...new Set(answers)]).toEqual([expect.stringMatching(/^[\da-f]{64}$/)]);
      const after = await seen();
      expect(after.refresh_token - before.refresh_token).toBe(1);
      expect(after.refused).toBe(0);
    }
    expect(await person.endOf((await person.post('/extraction/spotify')).jobId)).toMatchObject({ state: 'completed' });
    expect((await person.get('/connectors/status')).spotify).toMatchObject({ connected: true });
  });
});
