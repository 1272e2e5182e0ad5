import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { AccountClient } from '../support/account-client.js';
import { ApiClient } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { LiveFeed, socketTo } from '../support/live-feed.js';
import { MarkedProvider, type Mood } from '../support/marked-provider.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

const JWT_SECRET = 'cAnArY.jwt.secret.of.more.than.32.characters';
const KEY = randomBytes(32);
const CLIENT_SECRET = 'cAnArY.client.secret+/=';
const PASSWORD = 'cAnArY.dashboard';

/**
 * Uses every secret in every way, with a provider that repeats them in its answers and the log at its most detailed
 * level. Afterwards none of them may be anywhere but in sealed columns.
 */
describe('tokens, codes and keys', () => {
  let provider: MarkedProvider;
  let app: RunningApp;
  let ada: ApiClient;
  let operator: ApiClient;
  let listener: Redis;
  /** The program's answers over HTTP, those of Bull Board among them. */
  const answers: string[] = [];
  const board: string[] = [];
  const published: string[] = [];
  let feed: LiveFeed;
  /** Known to the person who requested them, and to nobody else. */
  const own = new Set<string>();
  const ownFetch = globalThis.fetch;

  beforeAll(async () => {
    globalThis.fetch = async (...request) => {
      const answer = await ownFetch(...request);
      const { url, headers } = answer;
      if (app && url.startsWith(app.url)) {
        const said = `${await answer.clone().text()} ${JSON.stringify([...headers])}`;
        (url.includes('/dashboard') ? board : answers).push(said);
      }
      return answer;
    };
    provider = await MarkedProvider.start();
    for (const secret of [JWT_SECRET, KEY.toString('base64'), CLIENT_SECRET, PASSWORD]) provider.secrets.add(secret);
    const client = (name: string) => ({
      [`PLATFORM_${name}_CLIENT_ID`]: 'soul',
      [`PLATFORM_${name}_CLIENT_SECRET`]: CLIENT_SECRET,
      [`PLATFORM_${name}_AUTHORIZE_URL`]: `${provider.url}/authorize`,
      [`PLATFORM_${name}_TOKEN_URL`]: `${provider.url}/token`,
      [`PLATFORM_${name}_REVOKE_URL`]: `${provider.url}/revoke`,
      [`PLATFORM_${name}_API_URL`]: provider.url,
    });
    app = await RunningApp.start({
      database: 'postgres',
      redis: true,
      env: {
        ...client('SPOTIFY'),
        ...client('GITHUB'),
        JWT_SECRET,
        TOKEN_ENCRYPTION_KEYS: `k1:${KEY.toString('base64')}`,
        DASHBOARD_PASSWORD: PASSWORD,
        LOG_LEVEL: 'trace',
        RETRY_BASE_MS: '10',
        PLATFORM_RETRY_BASE_MS: '1',
        EXTRACTION_RATE_MAX: '0',
        SIGNATURE_DELAY_MS: '0',
      },
    });
    listener = new Redis(app.redisUrl);
    await listener.psubscribe('*');
    listener.on('pmessage', (_, channel: string, message: string) => published.push(`${channel} ${message}`));
    ada = await ApiClient.signIn(app, { name: 'ada' });
    operator = await ApiClient.signIn(app, { name: 'root', admin: true });
    for (const { token } of [ada, operator]) own.add(token!);
    feed = await LiveFeed.open(app, ada.token!);
  });
  afterAll(async () => {
    globalThis.fetch = ownFetch;
    feed.close();
    listener.disconnect();
    await app.stop();
    await provider.stop();
  });

  async function connect(mood: Mood, code = provider.mark('code'), platform = 'spotify'): Promise<string | undefined> {
    provider.mood = mood;
    const { state } = await ada.authorize(platform);
    own.add(state);
    const { body } = await ada.call('POST', '/connectors/callback', { body: { platform, state, code } });
    return body.data?.jobId;
  }

  async function extract(mood: Mood): Promise<any> {
    provider.mood = mood;
    return ada.endOf((await ada.post('/extraction/spotify')).jobId);
  }

  it('are used in every way there is', async () => {
    for (const mood of ['refuses the grant', 'refuses the client', 'falls over'] as const) {
      expect(await connect(mood)).toBeUndefined();
    }
    expect(await ada.endOf((await connect('ok'))!)).toMatchObject({ state: 'completed' });

    // In a browser, with a cookie.
    const begun = await ada.call('POST', '/connectors/spotify/authorize');
    const { state } = begun.body.data;
    const browser = new BrowserSession();
    browser.keep(app.url, begun.headers);
    own.add(state).add(/=([^;]+)/.exec(begun.headers.getSetCookie()[0]!)![1]!);
    const query = new URLSearchParams({ state, code: provider.mark('code') });
    await browser.open(`${app.url}/api/connectors/spotify/callback?${query.toString()}`);
    await browser.open(`${app.url}/api/connectors/spotify/callback?${query.toString()}`);
    const [{ id }] = await ada.all('/extraction/jobs');
    await ada.endOf(id);

    expect(await extract('forbidden')).toMatchObject({ state: 'failed' });
    expect(await extract('broken')).toMatchObject({ state: 'failed' });
    await app.database!.query('UPDATE connections SET access_expires_at = now()');
    expect(await extract('falls over')).toMatchObject({ state: 'failed' });
    expect(await extract('ok')).toMatchObject({ state: 'completed' });
    expect(await extract('unauthorized')).toMatchObject({ errorCode: 'NEEDS_RECONNECT' });
    await ada.endOf((await connect('ok'))!);

    const personal = provider.mark('personal');
    await ada.call('POST', '/connectors/github/token', { body: { token: personal } });
    await connect('ok', provider.mark('code'), 'github');
    provider.mood = 'broken';
    await ada.call('POST', '/connectors/github/token', { body: { token: provider.mark('personal') } });
    expect(await ada.delete('/connectors/github')).toMatchObject({ revoked: false });

    // An account of this server, with everything that lets somebody in.
    const password = provider.mark('password of an account');
    const { browser: mira, username, recoveryCodes } = await AccountClient.signUp(app, { password });
    const noteSession = () => own.add(mira.cookie!.split('=')[1]!);
    noteSession();
    for (const code of recoveryCodes) own.add(code).add(code.replaceAll('-', ''));
    await mira.signInAs(username, provider.mark('wrong password of an account'));
    await mira.signInAs(username, password);
    noteSession();
    await mira.post('/auth/sign-in', { username, recoveryCode: recoveryCodes[0] });
    noteSession();
    const changed = provider.mark('changed password of an account');
    await mira.call('PUT', '/me/password', { body: { password: changed } });
    noteSession();
    const { url } = await operator.post('/users/invitations');
    own.add(url.split('invitation=')[1]);
    for (const path of ['/me', '/sessions', '/account/export', '/auth/ways']) await mira.call('GET', path);
    await mira.signInAs('NUL', `${provider.mark('unusable password')}\0`);
    await mira.post('/auth/sign-out');

    const wrong = provider.mark('bearer');
    await new ApiClient(app, wrong).call('GET', '/me');
    const socket = socketTo(app, wrong);
    await new Promise((resolve) => socket.once('connect_error', resolve));
    await fetch(`${app.url}/api/me?token=${provider.mark('query')}`);
    await fetch(`${app.url}/api/queues/dashboard`, {
      headers: { authorization: `Basic ${Buffer.from(`admin:${provider.mark('password')}`).toString('base64')}` },
    });
    await ada.call('POST', '/connectors/callback', { body: `{"code":"${provider.mark('code')}", broken` });
    await operator.post('/keys/rotate', {});
    expect(provider.secrets.size).toBeGreaterThan(25);
  });

  it('are asked after in everything the program tells', async () => {
    for (const path of [
      '/me',
      '/account/export',
      '/connectors/status',
      '/connectors/platforms',
      '/events?limit=200',
      '/extraction/jobs?limit=200',
      '/soul-signature',
      '/openapi.json',
    ]) {
      await ada.call('GET', path);
    }
    for (const path of [
      '/keys',
      '/queues/overview',
      '/queues/extraction/jobs?limit=200',
      '/queues/stats',
      '/queues/health',
      '/users?limit=200',
      '/audit?limit=200',
    ]) {
      await operator.call('GET', path);
    }
    await fetch(`${app.url}/metrics`);
    await feed.replay({ since: 0, limit: 500 });
    const admin = { headers: { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` } };
    const api = `${app.url}/api/queues/dashboard/api/queues`;
    for (const queue of (await operator.get('/queues/health')).queues) {
      for (const status of ['latest', 'failed', 'completed', 'waiting', 'active', 'delayed']) {
        await fetch(`${api}?activeQueue=${queue}&status=${status}&page=1&jobsPerPage=100`, admin);
      }
      for (const { id } of (await operator.get(`/queues/${queue}/jobs?limit=200`)) as { id: string }[]) {
        await fetch(`${api}/${queue}/${id}`, admin);
        await fetch(`${api}/${queue}/${id}/logs`, admin);
      }
    }
    expect(board.length).toBeGreaterThan(20);
  });

  it('are nowhere: neither logged, nor queued, nor stored in the open, nor told', async () => {
    await until('the last lines', () => app.lines.some((line) => line.includes('keys/rotate')));
    const places: Record<string, string> = {
      log: app.lines.join('\n'),
      redis: `${await redisDump()}\n${published.join('\n')}`,
      postgres: await postgresDump(),
      sockets: JSON.stringify([feed.snapshots, feed.all]),
      board: board.join('\n'),
      answers: answers.join('\n'),
    };
    // Checks the scan itself: what must be in a place is found there.
    for (const [place, text] of Object.entries(places)) {
      const there = { log: operator.userId, sockets: 'extraction_failed' }[place] ?? ada.userId;
      expect([place, text.includes(there)]).toEqual([place, true]);
    }
    const found: string[] = [];
    const seek = (place: string, secret: string) => {
      for (const form of formsOf(secret)) if (places[place]!.includes(form)) found.push(`${secret} in ${place}`);
    };
    for (const place of Object.keys(places)) for (const secret of provider.secrets) seek(place, secret);
    for (const place of ['log', 'redis', 'postgres', 'sockets', 'board']) for (const secret of own) seek(place, secret);
    expect(found).toEqual([]);
    console.info(
      `${provider.secrets.size + own.size} secrets sought in`,
      Object.entries(places).map(([place, text]) => `${place}: ${text.length} characters`),
    );
  });

  /** The secret itself, and its encoded forms. */
  function formsOf(secret: string): string[] {
    const bytes = Buffer.from(secret);
    return [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ];
  }

  async function postgresDump(): Promise<string> {
    const tables = await app.database!.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const texts = await Promise.all(
      tables.map(async ({ name }) => {
        const [row] = await app.database!.query(
          `SELECT string_agg(row_to_json(t)::text, E'\\n') AS text FROM ${name} t`,
        );
        return row.text as string | null;
      }),
    );
    return texts.join('\n');
  }

  async function redisDump(): Promise<string> {
    const redis = new Redis(app.redisUrl);
    const parts: string[] = [];
    for (const key of await redis.keys('*')) {
      const read: Record<string, () => Promise<unknown>> = {
        string: () => redis.get(key),
        hash: () => redis.hgetall(key),
        list: () => redis.lrange(key, 0, -1),
        set: () => redis.smembers(key),
        zset: () => redis.zrange(key, 0, -1),
        stream: () => redis.xrange(key, '-', '+'),
      };
      parts.push(key, JSON.stringify(await read[await redis.type(key)]!()));
    }
    redis.disconnect();
    return parts.join('\n');
  }
});
