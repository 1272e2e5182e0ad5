import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { SignJWT } from 'jose';
import { ApiClient } from '../support/api-client.js';
import { rawRequest, WEBSOCKET } from '../support/raw-request.js';
import type { RunningApp } from '../support/running-app.js';
import { Deployment } from './deployment.js';
import { ForeignPage } from './foreign-page.js';

const NAME = 'soul.example.org';
const ALIAS = 'alias.example.org';

const SOCKET = '/socket.io/?EIO=4&transport=';

/** Everything that answers anybody, or an operator. */
const PATHS = [
  '/',
  '/app.css',
  '/operator.html',
  '/connected.html',
  '/nothing',
  '/api/me',
  '/api/account/export',
  '/api/queues/stats',
  '/api/queues/health',
  '/api/docs',
  '/api/docs/swagger-ui.css',
  '/api/openapi.json',
  '/api/queues/dashboard',
  '/api/queues/dashboard/api/queues',
  '/api/queues/dashboard/static/favicon-32x32.png',
  '/api/connectors/spotify/callback?code=a&state=b',
  `${SOCKET}polling`,
];

const PROBES = ['/health/live', '/health/ready', '/api/health/live', '/api/health/ready'];

describe('the gates', () => {
  let deployment: Deployment;
  let development: RunningApp;
  let production: RunningApp;
  let adminToken: string;
  let foreign: ForeignPage;

  beforeAll(async () => {
    deployment = await Deployment.start();
    [development, production] = await Promise.all([
      deployment.process('api'),
      deployment.process('api', {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PUBLIC_URL: `https://${NAME}`,
        ALLOWED_HOSTS: ALIAS,
        API_DOCS: 'off',
      }),
    ]);
    adminToken = await deployment.token('operator', { role: 'admin' });
    foreign = await ForeignPage.open([NAME]);
  });
  afterAll(async () => {
    await foreign?.close();
    await deployment.stop();
  });

  const appIn = (mode: string) => (mode === 'production' ? production : development);
  const portOf = (app: RunningApp) => new URL(app.url).port;
  const statuses = async (app: RunningApp, paths: readonly string[], host: string, more: Record<string, string> = {}) =>
    Object.fromEntries(
      await Promise.all(
        paths.map(async (path) => {
          const { status } = await rawRequest(app.url, path, { headers: { host, ...more } });
          return [path, status] as const;
        }),
      ),
    );
  const all = (paths: readonly string[], status: number) => Object.fromEntries(paths.map((path) => [path, status]));

  describe.each(['development', 'production'])('in %s', (mode) => {
    it.each([
      'evil.example',
      'evil.example:PORT',
      '127.0.0.1.evil.example:PORT',
      'localhost.evil.example',
      'soul.example.org.evil.example',
      '192.168.1.7:PORT',
      '[fd00::1]:PORT',
      ...(mode === 'production' ? ['127.0.0.1:PORT', 'localhost:PORT', '[::1]:PORT'] : ['soul.example.org']),
    ])('answer nothing under the host name %j', async (template) => {
      const app = appIn(mode);
      const host = template.replace('PORT', portOf(app));
      expect(await statuses(app, PATHS, host)).toEqual(all(PATHS, 421));
      expect(await statuses(app, PATHS, host, { authorization: `Bearer ${adminToken}` })).toEqual(all(PATHS, 421));
      expect(await statuses(app, PATHS, host, { accept: 'text/html' })).toEqual(all(PATHS, 421));
      expect(await statuses(app, [`${SOCKET}websocket`], host, WEBSOCKET)).toEqual(all([`${SOCKET}websocket`], 421));
      const signIn = await rawRequest(app.url, '/api/auth/demo', { method: 'POST', headers: { host } });
      expect(signIn.status).toBe(421);
      expect(JSON.parse(signIn.body)).toEqual({
        success: false,
        error: { code: 'HOST_NOT_ALLOWED', message: expect.stringMatching(/Open https?:\/\/.*ALLOWED_HOSTS/) },
        requestId: signIn.headers['x-request-id'],
      });
    });

    it.each(
      mode === 'production'
        ? [NAME, `${NAME}:443`, 'SOUL.example.org', ALIAS]
        : ['127.0.0.1:PORT', 'localhost:PORT', '127.0.0.1', '[::1]:PORT'],
    )('answer under their own name %s', async (template) => {
      const host = template.replace('PORT', portOf(appIn(mode)));
      expect(await statuses(appIn(mode), ['/', '/api/me', `${SOCKET}polling`], host)).toEqual({
        '/': 200,
        '/api/me': 401,
        [`${SOCKET}polling`]: 200,
      });
      expect(await statuses(appIn(mode), [`${SOCKET}websocket`], host, WEBSOCKET)).toEqual({
        [`${SOCKET}websocket`]: 101,
      });
    });

    it('answer probes by address, and by no other name', async () => {
      const app = appIn(mode);
      const probes = mode === 'production' ? PROBES : [...PROBES, '/metrics'];
      for (const host of ['10.0.0.7:3001', '127.0.0.1', '[fd00::1]:3001']) {
        expect(await statuses(app, probes, host)).toEqual(all(probes, 200));
      }
      for (const host of ['evil.example', '10.0.0.7.evil.example']) {
        expect(await statuses(app, probes, host)).toEqual(all(probes, 421));
      }
      // HTTP/1.0 has no Host, and the probes of some proxies speak it.
      for (const [path, answer] of [
        ['/health/ready', /^HTTP\/1\.1 200 /],
        ['/', /^HTTP\/1\.1 421 /],
      ] as const) {
        const old = connect(Number(portOf(app)), '127.0.0.1');
        old.write(`GET ${path} HTTP/1.0\r\n\r\n`);
        expect(await text(old)).toMatch(answer);
      }
    });

    it.each<Record<string, string>>([
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])('let no page of another site write or open a socket (%j)', async (sent) => {
      const app = appIn(mode);
      const headers = { host: mode === 'production' ? NAME : `127.0.0.1:${portOf(app)}`, ...sent };
      for (const [method, path] of [
        ['POST', '/api/auth/demo'],
        ['DELETE', '/api/account'],
        ['POST', '/api/queues/dashboard/api/queues/extraction/add'],
        ['PUT', '/api/queues/dashboard/api/queues/extraction/pause'],
        ['POST', `${SOCKET}polling`],
        ['GET', `${SOCKET}polling`],
      ] as const) {
        const { status, body } = await rawRequest(app.url, path, { method, headers });
        expect([method, path, status, JSON.parse(body).error.code]).toEqual([method, path, 403, 'ORIGIN_NOT_ALLOWED']);
      }
      const socket = await rawRequest(app.url, `${SOCKET}websocket`, { headers: { ...WEBSOCKET, ...headers } });
      expect([socket.status, JSON.parse(socket.body).error.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    });

    it('outlive who asks for a socket of another host and resets the connection, or never closes it', async () => {
      const app = appIn(mode);
      const request = `GET ${SOCKET}websocket HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
      const open = async () => {
        const client = connect(Number(portOf(app)), '127.0.0.1').on('error', () => undefined);
        await once(client, 'connect');
        client.write(request);
        return client;
      };
      for (const client of await Promise.all(Array.from({ length: 20 }, open))) client.resetAndDestroy();
      const patient = await open();
      patient.resume();
      await once(patient, 'close'); // By the server: this side has not ended.
      expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
    });

    it('let their own page and programs open a socket', async () => {
      const app = appIn(mode);
      const own = mode === 'production' ? { host: NAME, origin: `https://${NAME}` } : { origin: app.url };
      const host = { host: mode === 'production' ? NAME : `127.0.0.1:${portOf(app)}` };
      for (const headers of [{ ...host, ...own }, host]) {
        const socket = await rawRequest(app.url, `${SOCKET}websocket`, { headers: { ...WEBSOCKET, ...headers } });
        expect(socket.status).toBe(101);
      }
    });

    it('tell strangers nothing of what they run on', async () => {
      const app = appIn(mode);
      const host = mode === 'production' ? NAME : `127.0.0.1:${portOf(app)}`;
      const asked = [...PATHS, ...PROBES, '/api/%', '/api/queues/dashboard/%'];
      for (const headers of [{ host }, { host: 'evil.example' }, { host, authorization: `Bearer ${adminToken}` }]) {
        for (const path of asked) {
          const answer = await rawRequest(app.url, path, { headers });
          expect([path, answer.headers['x-powered-by'], answer.headers.server]).toEqual([path, undefined, undefined]);
          expect([path, answer.body.includes(process.version)]).toEqual([path, false]);
          expect([path, /node_modules|at .*\.js:\d+/.test(answer.body)]).toEqual([path, false]);
        }
      }
    });

    it.each([40, 40_000])('refuse a body of %d levels before anything is done with it', async (depth) => {
      const app = appIn(mode);
      const body = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const headers = {
        host: mode === 'production' ? NAME : `127.0.0.1:${portOf(app)}`,
        authorization: `Bearer ${await deployment.token('mira')}`,
        'content-type': 'application/json',
        'idempotency-key': `deep-${mode}-${depth}`,
      };
      const answer = await rawRequest(app.url, '/api/extraction', { method: 'POST', headers, body });
      expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([400, 'JSON_TOO_DEEP']);
    });

    it('let a page of another origin, and one of another name for this address, do nothing', async () => {
      const app = appIn(mode);
      const before = await deployment.database.query('SELECT id FROM users ORDER BY id');
      const target = mode === 'production' ? `http://${NAME}:${portOf(app)}` : app.url;
      expect(await foreign.attackFromElsewhere(target)).toEqual({ read: [], opened: [] });
      expect(await foreign.attackUnderAnotherName(Number(portOf(app)))).toEqual({ read: [], opened: [] });
      expect(await deployment.database.query('SELECT id FROM users ORDER BY id')).toEqual(before);
      expect(await deployment.database.query('SELECT FROM queues WHERE paused_at IS NOT NULL')).toEqual([]);
      expect(await deployment.database.query('SELECT FROM jobs')).toEqual([]);
    });
  });

  it('send pages that are opened under another name of this machine to the public one', async () => {
    const host = `localhost:${portOf(development)}`;
    const { status, headers } = await rawRequest(development.url, '/operator.html', {
      headers: { host, accept: 'text/html' },
    });
    expect([status, headers.location]).toEqual([307, `${development.url}/operator.html`]);
  });

  it('take a token without an end in development only', async () => {
    const endless = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('mira')
      .sign(new TextEncoder().encode(deployment.env['JWT_SECRET']));
    const me = (app: RunningApp, host: string) =>
      rawRequest(app.url, '/api/me', { headers: { host, authorization: `Bearer ${endless}` } });
    expect((await me(development, `127.0.0.1:${portOf(development)}`)).status).toBe(200);
    const { status, body } = await me(production, NAME);
    expect([status, JSON.parse(body).error]).toEqual([
      401,
      { code: 'UNAUTHORIZED', message: expect.stringContaining('exp') },
    ]);
  });

  it('hide the documentation where API_DOCS is off', async () => {
    const paths = ['/api/docs', '/api/docs/', '/api/docs/swagger-ui.css', '/api/docs-json', '/api/openapi.json'];
    expect(await statuses(production, paths, NAME)).toEqual(all(paths, 404));
    expect(await statuses(development, ['/api/docs', '/api/openapi.json'], '127.0.0.1')).toEqual(
      all(['/api/docs', '/api/openapi.json'], 200),
    );
  });

  it.each(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-server', 'forwarded', 'via'])(
    'sign in no demo administrator behind a proxy (%s)',
    async (header) => {
      const direct = await new ApiClient(development).call('POST', '/auth/demo', { body: { admin: true } });
      expect(direct.status).toBe(200);
      const { status, body } = await new ApiClient(development).call('POST', '/auth/demo', {
        body: { admin: true },
        headers: { [header]: '127.0.0.1' },
      });
      expect([status, body.error.code]).toEqual([403, 'FORBIDDEN']);
    },
  );
});
