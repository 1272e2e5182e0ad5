import { gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { io } from 'socket.io-client';
import { ApiClient, type Answer } from '../support/api-client.js';
import { LiveFeed, socketTo } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

const MAX = 30;
/** Long, so that no request is given back while a test runs. */
const WINDOW_MS = 900_000;
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
    people = await Promise.all(Array.from({ length: 15 }, () => ApiClient.signIn(app)));
  });
  afterAll(() => app.stop());

  const many = (count: number, ask: () => Promise<{ status: number }>) =>
    Promise.all(Array.from({ length: count }, ask)).then((answers) => answers.map(({ status }) => status));
  /** What happens while nobody gets at a table. */
  const whileLocked = async (table: string, work: () => Promise<void>) => {
    const holder = new Client({ connectionString: app.database!.url });
    await holder.connect();
    try {
      await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await work();
    } finally {
      await holder.end();
    }
  };
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

    it('large bodies than the limit, whether or not they can be read, and none that is nested deeply', async () => {
      const ada = somebody();
      const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;
      const answer = await ada.call('PATCH', '/me', { body: deep });
      expect([answer.status, answer.body.error.code]).toEqual([400, 'JSON_TOO_DEEP']);
      const statuses = await many(3 * MAX, () => ada.call('PATCH', '/me', { body: deep }));
      expect(tooMany(statuses)).toBeGreaterThanOrEqual(MAX);
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

    it('messages of a socket than requests, known and unknown ones, and one replay at a time', async () => {
      const feed = await LiveFeed.open(app, somebody().token!);
      const atOnce = await Promise.all(Array.from({ length: 5 }, () => feed.replay({ since: 0 })));
      const busy = { error: { code: 'TOO_MANY_REQUESTS', retryAfter: 1 } };
      expect(atOnce[0]).toMatchObject({ events: [], seq: 0 });
      expect(atOnce.slice(1)).toContainEqual(busy);
      const answers: any[] = [];
      for (let n = 0; n < 2 * MAX; n += 1) answers.push(await feed.replay({ since: 0 }));
      const refused = { error: { code: 'TOO_MANY_REQUESTS', retryAfter: expect.any(Number) } };
      expect(answers.filter(({ error }) => error).length).toBeGreaterThanOrEqual(MAX);
      expect(answers.at(-1)).toEqual(refused);
      expect(await feed.socket.timeout(10_000).emitWithAck('gossip', 'x')).toEqual(refused);
      expect(feed.socket.connected).toBe(true);
      feed.close();
    });

    it('exports than one a person and a few in all, and a broken one breaks the connection', async () => {
      const ask = (person: ApiClient) =>
        fetch(`${app.url}/api/account/export`, { headers: { authorization: `Bearer ${person.token}` } });
      const refusal = async (answer: Response) => {
        const { error } = (await answer.json()) as any;
        return [answer.status, error.code, answer.headers.get('retry-after') === String(error.retryAfter)];
      };
      const crowd = Array.from({ length: 5 }, somebody);
      let ends: Promise<PromiseSettledResult<string>[]> | undefined;
      await whileLocked('items', async () => {
        const running = [];
        for (const person of crowd.slice(0, 4)) running.push(await ask(person));
        expect(running.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
        expect(await refusal(await ask(crowd[0]!))).toEqual([409, 'EXPORT_RUNNING', true]);
        expect(await refusal(await ask(crowd[4]!))).toEqual([503, 'SERVER_BUSY', true]);
        expect((await crowd[4]!.call('GET', '/me')).status).toBe(200);
        ends = Promise.allSettled(running.map((answer) => answer.text()));
        await until('one to be broken', async () => {
          const [{ cut }] = await app.database!.query(
            `SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM items%'`,
          );
          return cut === 1;
        });
      });
      const ended = (await ends) ?? [];
      expect(ended.some(({ status }) => status === 'rejected')).toBe(true);
      for (const end of ended) if (end.status === 'fulfilled') expect(JSON.parse(end.value).data.items).toEqual([]);
      expect((await crowd[4]!.get('/account/export')).items).toEqual([]);
      expect(app.lines.some((line) => line.includes('Premature close'))).toBe(false);
    });

    it('requests than can be served: what waits too long for a connection is refused, and the metrics have their own', async () => {
      const ada = somebody();
      let asked: Promise<Answer>[] = [];
      await whileLocked('users', async () => {
        asked = Array.from({ length: 10 }, () => ada.call('GET', '/me'));
        const scraped = fetch(`${app.url}/metrics`);
        const first = await Promise.race(asked);
        expect([first.status, first.body.error?.code]).toEqual([503, 'SERVER_BUSY']);
        expect(first.headers.get('retry-after')).toBe(String(first.body.error.retryAfter));
        expect((await scraped).status).toBe(200);
      });
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses).toEqual(expect.arrayContaining([503, 200]));
      const noted = app.lines.filter((line) => line.includes('No connection to the database got free'));
      expect([1, 2]).toContain(noted.length); // The second counts the repetitions.
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
      for (const path of ['/health/live', '/health/ready', '/api/queues/health']) {
        expect(new Set(await many(2 * MAX, () => fetch(app.url + path)))).toEqual(new Set([200]));
      }
      for (const path of ['/metrics', '/api/queues/stats']) {
        expect(tooMany(await many(2 * MAX, () => fetch(app.url + path)))).toBeGreaterThanOrEqual(MAX);
      }
    });

    it('handshakes without a token of one address, over either transport', async () => {
      const handshake = () => fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
      expect(tooMany(await many(3 * MAX, handshake))).toBeGreaterThanOrEqual(MAX);
      const refused = await handshake();
      const { error } = (await refused.json()) as any;
      expect([refused.status, error.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
      expect(refused.headers.get('retry-after')).toBe(String(error.retryAfter));
      const socket = io(app.url, { forceNew: true, reconnection: false, transports: ['websocket'] });
      await new Promise<void>((resolve) => socket.once('connect_error', () => resolve()));
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
        `SELECT users.id AS actor, credential, action, target, status, address, request_id
         FROM admin_actions LEFT JOIN users ON mark = actor ORDER BY admin_actions.id`,
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
    expect(
      await app.database!.query('SELECT FROM admin_actions WHERE actor IS NOT NULL AND address IS NOT NULL'),
    ).toEqual([]);
  });
});
