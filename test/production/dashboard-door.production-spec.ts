import '../support/own-data-folder.js';
import { request as send } from 'node:http';
import { QUEUE_NAMES } from '../../src/queues/jobs.js';
import type { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';
import { Deployment } from './deployment.js';

const BOARD = '/api/queues/dashboard';
const PASSWORD = 'a long enough password';

/** Everything an anonymous visitor could try besides the files of the page, which are read from it. */
const PATHS = [
  '',
  '/',
  '/queue/extraction',
  '/queue/extraction/0193fd5c-0000-7000-8000-000000000000',
  '/job-schedulers',
  '/metrics-history',
  '/static/',
  '/static/favicon-32x32.png',
  '/static/locales/en-US/messages.json',
  '/api/queues',
  '/api/queues?activeQueue=extraction&status=failed',
  '/api/redis/stats',
  '/api/queues/extraction/workers',
  '/nothing-here',
];

/** Other spellings of the board's address; none may bypass the access check. */
const SPELLINGS = [
  '/API/Queues/Dashboard/api/queues',
  '/api/queues/dashboard/./api/queues',
  '/api/queues/dashboard//api/queues',
  '/api/queues/%64ashboard/api/queues',
  '/api/queues/dashboard%2Fapi%2Fqueues',
  '/api/queues/dashboard/static/../api/queues',
  '/x/../api/queues/dashboard/api/queues',
  '//api/queues/dashboard/api/queues',
];

const ORDERS: readonly (readonly [string, string])[] = [
  ['PUT', '/api/queues/pause'],
  ['PUT', '/api/queues/extraction/pause'],
  ['PUT', '/api/queues/extraction/clean/failed'],
  ['POST', '/api/queues/extraction/add'],
  ['PATCH', '/api/queues/extraction/x/update-data'],
  ['HEAD', '/'],
  ['OPTIONS', '/api/queues'],
];

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Exactly this request: fetch would normalize the path and set the Host itself. */
function ask(app: RunningApp, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Told> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const request = send({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject).end();
  });
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** The addresses of its scripts and styles, as the page itself names them. */
async function assetsOf(app: RunningApp, headers: Record<string, string>): Promise<string[]> {
  const { body } = await ask(app, `${BOARD}/`, headers);
  const names = [...body.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, name]) => `${BOARD}/${name}`);
  expect(names.filter((name) => name.endsWith('.js')).length).toBeGreaterThan(1);
  expect(names.filter((name) => name.endsWith('.css')).length).toBeGreaterThan(0);
  return names;
}

async function statusesOf(app: RunningApp, paths: readonly string[], headers: Record<string, string>) {
  const told = await Promise.all(paths.map((path) => ask(app, path, headers)));
  return Object.fromEntries(paths.map((path, index) => [path, told[index]!.status]));
}

const all = (paths: readonly string[], status: number) => Object.fromEntries(paths.map((path) => [path, status]));

describe("the dashboard's door", () => {
  let deployment: Deployment;
  let withPassword: RunningApp;
  let open: RunningApp;
  let production: RunningApp;
  let adminToken: string;
  let userToken: string;
  let assets: string[];

  beforeAll(async () => {
    deployment = await Deployment.start();
    open = await deployment.process('api', { ALLOWED_HOSTS: 'soul.example.org,127.0.0.1.example.org' });
    [withPassword, production] = await Promise.all([
      deployment.process('api', { DASHBOARD_PASSWORD: PASSWORD }),
      deployment.process('api', {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://soul.example.org',
        ALLOWED_HOSTS: '127.0.0.1',
      }),
    ]);
    adminToken = await deployment.token('operator', { role: 'admin' });
    userToken = await deployment.token('somebody');
    assets = await assetsOf(withPassword, basic('admin', PASSWORD));
  });
  afterAll(() => deployment.stop());

  const everything = () => [...PATHS.map((path) => BOARD + path), ...assets];

  describe('with a password', () => {
    it('shows strangers nothing, not even its scripts and styles', async () => {
      expect(await statusesOf(withPassword, everything(), {})).toEqual(all(everything(), 401));
    });

    it('asks for the password and tells nothing else', async () => {
      const told = await ask(withPassword, `${BOARD}/api/queues`);
      expect(told.headers['www-authenticate']).toMatch(/^Basic realm=/);
      expect(JSON.parse(told.body)).toMatchObject({ success: false, error: { code: 'UNAUTHORIZED' } });
      expect(told.body).not.toContain('extraction');
    });

    it.each<readonly [string, Record<string, string>]>([
      ['a wrong password', basic('admin', `${PASSWORD}!`)],
      ['the beginning of the password', basic('admin', PASSWORD.slice(0, -1))],
      ['another user name', basic('root', PASSWORD)],
      ['no password', basic('admin', '')],
      ['a broken Basic header', { authorization: 'Basic !!!' }],
      ['an empty Basic header', { authorization: 'Basic' }],
      ['a token of nobody', { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZSI6ImFkbWluIn0.' }],
      ['forwarding headers', { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' }],
    ])('refuses %s', async (_, headers) => {
      expect(await statusesOf(withPassword, everything(), headers)).toEqual(all(everything(), 401));
    });

    it('refuses the token of a user', async () => {
      const headers = { authorization: `Bearer ${userToken}` };
      expect(await statusesOf(withPassword, everything(), headers)).toEqual(all(everything(), 403));
    });

    it('takes no orders from strangers', async () => {
      const told = await Promise.all(ORDERS.map(([method, path]) => ask(withPassword, BOARD + path, {}, method)));
      expect(told.map(({ status }) => status)).toEqual(ORDERS.map(() => 401));
      expect(await deployment.database.query('SELECT FROM queues WHERE paused_at IS NOT NULL')).toEqual([]);
    });

    it('is closed to the token of an operator whose account was deleted, and notes the try', async () => {
      const token = await deployment.token('gone', { role: 'admin', jti: 'the token' });
      const headers = { authorization: `Bearer ${token}` };
      expect((await ask(withPassword, `${BOARD}/api/queues`, headers)).status).toBe(200);
      expect((await ask(open, '/api/account', headers, 'DELETE')).status).toBe(200);

      expect(JSON.parse((await ask(withPassword, `${BOARD}/api/queues`, headers)).body).error.code).toBe(
        'ACCOUNT_DELETED',
      );
      const told = await ask(withPassword, `${BOARD}/api/queues/extraction/pause`, headers, 'PUT');
      expect([told.status, JSON.parse(told.body).error.code]).toEqual([401, 'ACCOUNT_DELETED']);
      expect(await deployment.database.query('SELECT FROM queues WHERE paused_at IS NOT NULL')).toEqual([]);
      const noted = await until('the note', async () => {
        const rows = await deployment.database.query(
          'SELECT actor, credential, address FROM admin_actions WHERE status = 401',
        );
        return rows.length > 0 && rows;
      });
      expect(noted).toEqual([
        { actor: null, credential: 'token the token', address: expect.stringContaining('127.0.0.1') },
      ]);
    });

    it('has no way around it', async () => {
      const told = await Promise.all(SPELLINGS.map((path) => ask(withPassword, path)));
      const found = told.filter(({ status, body }) => status < 400 || body.includes('soul-signature'));
      expect(found).toEqual([]);
    });

    it.each<readonly [string, () => Record<string, string>]>([
      ['the password', () => basic('admin', PASSWORD)],
      ['an admin token', () => ({ authorization: `Bearer ${adminToken}` })],
      ['an admin token under another name of the scheme', () => ({ authorization: `bearer ${adminToken}` })],
    ])('opens to %s', async (_, headers) => {
      const paths = [BOARD, `${BOARD}/`, `${BOARD}/queue/extraction`, `${BOARD}/api/queues`, ...assets];
      expect(await statusesOf(withPassword, paths, headers())).toEqual(all(paths, 200));
      const { body } = await ask(withPassword, `${BOARD}/api/queues`, headers());
      expect(JSON.parse(body).queues.map((queue: any) => queue.name)).toEqual(QUEUE_NAMES);
    });

    it.each<readonly [string, Record<string, string>]>([
      ['another site', { 'sec-fetch-site': 'cross-site' }],
      ['a neighbour of the same site', { 'sec-fetch-site': 'same-site' }],
      // Browsers send Sec-Fetch-Site to https and loopback addresses only, but Origin always.
      ['another origin', { origin: 'https://evil.example' }],
      ['an origin that hides itself', { origin: 'null' }],
    ])("refuses orders that %s gives through an operator's browser", async (_, headers) => {
      const told = await ask(
        withPassword,
        `${BOARD}/api/queues/extraction/pause`,
        { ...basic('admin', PASSWORD), ...headers },
        'PUT',
      );
      expect(told.status).toBe(403);
      expect(await deployment.database.query('SELECT FROM queues WHERE paused_at IS NOT NULL')).toEqual([]);
    });

    it('takes orders from its own page', async () => {
      const own = { ...basic('admin', PASSWORD), 'sec-fetch-site': 'same-origin', origin: withPassword.url };
      for (const order of ['pause', 'resume']) {
        expect((await ask(withPassword, `${BOARD}/api/queues/extraction/${order}`, own, 'PUT')).status).toBe(200);
      }
    });

    it('lets nobody put the page into a frame, and loads nothing from elsewhere', async () => {
      const { headers } = await ask(withPassword, `${BOARD}/`, basic('admin', PASSWORD));
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    });

    it('takes ten guesses, and refuses the right password as well after them', async () => {
      const board = (password: string) => ask(withPassword, `${BOARD}/`, basic('admin', password));
      const guesses = await Promise.all(Array.from({ length: 30 }, (_, n) => board(`guess ${n}`)));
      expect(guesses.filter(({ status }) => status !== 429).length).toBeLessThanOrEqual(10);
      const right = await board(PASSWORD);
      expect([right.status, JSON.parse(right.body)]).toMatchObject([429, { error: { code: 'TOO_MANY_TRIES' } }]);
      expect(Number(right.headers['retry-after'])).toBeGreaterThan(1);
    });
  });

  describe('in development without a password', () => {
    it('opens to this machine', async () => {
      const paths = [BOARD, `${BOARD}/api/queues`, ...assets];
      expect(await statusesOf(open, paths, {})).toEqual(all(paths, 200));
      const { port } = new URL(open.url);
      expect((await ask(open, BOARD, { host: `localhost:${port}` })).status).toBe(200);
    });

    it.each<readonly [string, Record<string, string>]>([
      ['X-Forwarded-For', { 'x-forwarded-for': '127.0.0.1' }],
      ['X-Forwarded-Host', { 'x-forwarded-host': '127.0.0.1' }],
      ['Forwarded', { forwarded: 'for=127.0.0.1' }],
      ['X-Real-IP', { 'x-real-ip': '127.0.0.1' }],
      ['Via', { via: '1.1 proxy' }],
      ["another machine's Host", { host: 'soul.example.org' }],
      ['a Host that looks like this machine', { host: '127.0.0.1.example.org' }],
      ['a wrong Basic header', { ...basic('admin', 'anything'), 'x-forwarded-for': '10.0.0.1' }],
      ['a wrong token', { authorization: 'Bearer nonsense' }],
    ])('closes to a request with %s', async (_, headers) => {
      expect(await statusesOf(open, everything(), headers)).toEqual(all(everything(), 401));
    });

    it('opens to an admin token from anywhere', async () => {
      const headers = {
        authorization: `Bearer ${adminToken}`,
        'x-forwarded-for': '203.0.113.5',
        host: 'soul.example.org',
      };
      expect((await ask(open, `${BOARD}/api/queues`, headers)).status).toBe(200);
    });

    it('refuses orders of other sites from this machine too', async () => {
      const told = await ask(open, `${BOARD}/api/queues/pause`, { 'sec-fetch-site': 'cross-site' }, 'PUT');
      expect(told.status).toBe(403);
    });
  });

  describe('in production without a password', () => {
    it('is closed to this machine', async () => {
      expect(await statusesOf(production, everything(), {})).toEqual(all(everything(), 401));
    });

    it('opens to an admin token', async () => {
      const headers = { authorization: `Bearer ${adminToken}` };
      expect((await ask(production, `${BOARD}/api/queues`, headers)).status).toBe(200);
      expect((await ask(production, `${BOARD}/api/queues`, { authorization: `Bearer ${userToken}` })).status).toBe(403);
    });

    it('has no demo sign-in', async () => {
      expect((await ask(production, '/api/auth/demo', {}, 'POST')).status).toBe(404);
    });
  });
});
