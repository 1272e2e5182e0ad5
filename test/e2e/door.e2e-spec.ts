import { gzipSync } from 'node:zlib';
import { ApiClient } from '../support/api-client.js';
import { socketTo } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

const MAX = 20;
const WINDOW_MS = 60_000;
const PASSWORD = 'a good one';
const basic = (password: string) => `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;

describe('the door', () => {
  let app: RunningApp;
  let operator: ApiClient;
  /** A new person for each test, signed in before the address has used up its limit. */
  let people: ApiClient[];
  const somebody = () => people.pop()!;

  beforeAll(async () => {
    app = await RunningApp.start({
      database: 'postgres',
      redis: true,
      env: { API_RATE_MAX: String(MAX), API_RATE_DURATION: String(WINDOW_MS), DASHBOARD_PASSWORD: PASSWORD },
    });
    operator = await ApiClient.signIn(app, { admin: true });
    people = await Promise.all(Array.from({ length: 8 }, () => ApiClient.signIn(app)));
  });
  afterAll(() => app.stop());

  const many = (count: number, ask: () => Promise<{ status: number }>) =>
    Promise.all(Array.from({ length: count }, ask)).then((answers) => answers.map(({ status }) => status));
  const tooMany = (statuses: readonly number[]) => statuses.filter((status) => status === 429).length;

  describe('asks browsers', () => {
    it.each(['/', '/api/me', '/api/docs', '/api/connectors/spotify/callback', '/health/live', '/nothing'])(
      'to run nothing but our own files, and to guess and frame nothing, at %s',
      async (path) => {
        const { headers } = await fetch(app.url + path, { redirect: 'manual' });
        expect(headers.get('content-security-policy')).toContain("default-src 'self';script-src 'self'");
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
        expect(headers.get('x-powered-by')).toBeNull();
        expect(headers.get('strict-transport-security')).toBeNull(); // Nobody comes by https here.
      },
    );
  });

  describe('takes no more', () => {
    it('than a body should be long, before and after it is unpacked', async () => {
      const ada = somebody();
      const body = JSON.stringify({ displayName: 'x'.repeat(200_000) });
      expect(await ada.call('PATCH', '/me', { body })).toMatchObject({
        status: 413,
        body: { error: { code: 'BODY_TOO_LARGE' } },
      });
      const packed = await fetch(`${app.url}/api/me`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${ada.token ?? ''}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body: gzipSync(Buffer.alloc(50_000_000, ' ')),
      });
      expect(packed.status).toBe(413);
    });

    it('requests of one person than the limit, says when there is room again, and keeps to it', async () => {
      const [ada, bea] = [somebody(), somebody()];
      const statuses = await many(MAX + 10, () => ada.call('GET', '/me'));
      expect(tooMany(statuses)).toBeGreaterThanOrEqual(9);
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(MAX);
      await many(MAX, () => ada.call('GET', '/me'));
      const { status, headers, body } = await ada.call('GET', '/me');
      expect([status, body.error.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
      expect(Number(headers.get('retry-after'))).toBe(body.error.retryAfter);
      expect(body.error.retryAfter).toBeGreaterThanOrEqual(1);
      expect((await bea.call('GET', '/me')).status).toBe(200);
      await until('room again', async () => (await ada.call('GET', '/me')).status === 200);
    });

    it('handshakes of one person than the limit', async () => {
      const ada = somebody();
      await many(2 * MAX, () => ada.call('GET', '/me'));
      const socket = socketTo(app, ada.token);
      const refused = await new Promise<any>((resolve) => socket.once('connect_error', resolve));
      expect(refused).toMatchObject({ message: 'TOO_MANY_REQUESTS', data: { retryAfter: expect.any(Number) } });
    });

    it('guesses of one address, whatever the address says of itself, while who has a token goes on', async () => {
      const ada = somebody();
      let n = 0;
      const guess = () => {
        n += 1;
        return new ApiClient(app, `guess.${n}.x`).call('GET', '/me', {
          headers: {
            'x-forwarded-for': `203.0.113.${n}`,
            forwarded: `for=203.0.113.${n}`,
            'x-real-ip': `203.0.113.${n}`,
          },
        });
      };
      const statuses = await many(3 * MAX, guess);
      expect(new Set(statuses)).toEqual(new Set([401, 429]));
      expect(tooMany(statuses)).toBeGreaterThanOrEqual(MAX);
      expect((await ada.call('GET', '/me')).status).toBe(200);
    });

    it('guesses of the dashboard’s password, and does not count probes', async () => {
      const guess = () =>
        fetch(`${app.url}/api/queues/dashboard`, {
          headers: { authorization: basic('a guess') },
        });
      expect(tooMany(await many(3 * MAX, guess))).toBeGreaterThanOrEqual(MAX);
      for (const path of ['/health/live', '/health/ready', '/metrics', '/api/queues/health']) {
        expect(new Set(await many(2 * MAX, () => fetch(app.url + path)))).toEqual(new Set([200]));
      }
    });
  });

  it('notes what operators change: who, with which token, from where, and no more of the address than its pattern', async () => {
    const [ada, eve] = [somebody(), somebody()];
    const { jti } = JSON.parse(Buffer.from(operator.token!.split('.')[1]!, 'base64url').toString());
    await operator.post('/queues/extraction/pause');
    await operator.get('/queues/overview');
    await operator.call('POST', `/jobs/${'x'.repeat(14_000)}/cancel?why=curious`);
    // Nobody who is no operator can fill the table.
    await ada.call('POST', '/queues/extraction/resume');
    await new ApiClient(app).call('POST', '/queues/extraction/resume');
    const pause = (authorization: string) =>
      fetch(`${app.url}/api/queues/dashboard/api/queues/extraction/resume`, {
        method: 'PUT',
        headers: { authorization },
      });
    expect((await pause(`Bearer ${eve.token}`)).status).toBe(403);
    expect((await pause(`Bearer ${operator.token}`)).status).toBe(200);
    expect((await pause(basic(PASSWORD))).status).toBe(200);
    const rows = await until('the last note', async () => {
      const found = await app.database!.query(
        'SELECT actor, credential, action, target, status, address, request_id FROM admin_actions ORDER BY id',
      );
      return found.some(({ credential }) => credential === 'password') && found;
    });
    const onBoard = {
      action: 'PUT /api/queues/dashboard/api/queues/:queueName/resume',
      target: 'extraction',
      status: 200,
    };
    const byOperator = { actor: operator.userId, credential: `token ${jti}` };
    expect(jti).toMatch(/^[\w-]{36}$/);
    expect(rows).toMatchObject([
      { ...byOperator, action: 'POST /api/queues/:name/pause', target: 'extraction', status: 200 },
      { ...byOperator, action: 'POST /api/jobs/:id/cancel', target: 'x'.repeat(100), status: 404 },
      { ...byOperator, ...onBoard },
      { actor: null, credential: 'password', ...onBoard },
    ]);
    for (const { address, request_id: id } of rows) {
      expect([address, id]).toEqual([expect.stringContaining('127.0.0.1'), expect.any(String)]);
    }
    expect(app.lines.some((line) => line.includes('[Audit]') || line.includes('Audit'))).toBe(true);

    await operator.delete('/account');
    const [{ text }] = await app.database!.query(
      'SELECT string_agg(admin_actions::text, $1) AS text FROM admin_actions',
      [' '],
    );
    expect(text).not.toContain(operator.userId);
  });

  it('takes ten guesses of the dashboard’s password, and refuses the right one as well after them', async () => {
    const board = (password: string) =>
      fetch(`${app.url}/api/queues/dashboard`, { headers: { authorization: basic(password) } });
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, n) => board(`guess ${n}`)));
    expect(guesses.filter(({ status }) => status !== 429).length).toBeLessThanOrEqual(10);
    const right = await board(PASSWORD);
    expect([right.status, await right.json()]).toMatchObject([429, { error: { code: 'TOO_MANY_TRIES' } }]);
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(1);
  });
});
