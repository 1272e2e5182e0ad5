import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { SeededRandom } from '../../src/sandbox/seeded-random.js';
import { ApiClient } from '../support/api-client.js';
import { LiveFeed } from '../support/live-feed.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';
import { startStillSandbox } from '../support/still-sandbox.js';

/** GitHub has eight requests without its stars, so three pages of stars make ten. */
const STAR_PAGES = 3;
/** Spotify has fourteen besides the items of playlists. */
const PLAYLISTS = 6;
const PAGES_A_PLAYLIST = inFull(165, 32);
const JOBS = inFull(100, 15);
const PER_PAGE = 2;

describe('R15: a platform that fails three times in ten', () => {
  const seed = `R15 ${Date.now()}`;
  const random = new SeededRandom(seed);
  let server: Server;
  let app: RunningApp;
  let answered = 0;
  let failed = 0;

  const answer = (url: URL): readonly [body: unknown, link?: string | undefined] => {
    const path = url.pathname;
    const page = Number(url.searchParams.get('page') ?? 1);
    const here = (change: string) => `${url.origin}${path}?${change}`;
    if (path === '/oauth/token') {
      return [{ access_token: 'a', token_type: 'Bearer', expires_in: 86_400, refresh_token: 'r' }];
    }
    if (path === '/user') return [{ id: 7, login: 'coder' }];
    if (path === '/user/starred') {
      const stars = Array.from({ length: PER_PAGE }, (_, index) => ({
        starred_at: new Date(Date.UTC(2026, 0) - (page * PER_PAGE + index) * 1_000).toISOString(),
        repo: { id: page * PER_PAGE + index, full_name: `some/repository-${page}-${index}` },
      }));
      return [stars, page < STAR_PAGES ? `<${here(`page=${page + 1}`)}>; rel="next"` : undefined];
    }
    if (path === '/v1/me') return [{ id: 'listener' }];
    if (path === '/v1/me/playlists') {
      const items = Array.from({ length: PLAYLISTS }, (_, index) => ({
        id: `list${index}`,
        owner: { id: 'listener' },
        items: { total: PAGES_A_PLAYLIST * PER_PAGE },
      }));
      return [{ items, total: PLAYLISTS, next: null }];
    }
    if (path.startsWith('/v1/playlists/')) {
      const items = Array.from({ length: PER_PAGE }, (_, index) => ({
        added_at: '2026-01-01T00:00:00Z',
        item: { id: `t${page}x${index}`, uri: `spotify:track:t${page}x${index}` },
      }));
      const next = page < PAGES_A_PLAYLIST ? here(`page=${page + 1}`) : null;
      return [{ items, next, offset: (page - 1) * PER_PAGE, total: PAGES_A_PLAYLIST * PER_PAGE }];
    }
    if (path === '/v1/me/following') return [{ artists: { items: [], next: null } }];
    return path.startsWith('/v1/') ? [{ items: [], next: null, total: 0 }] : [[]];
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      const url = new URL(request.url ?? '', `http://${request.headers.host ?? ''}`);
      if (url.pathname !== '/oauth/token' && random.chance(0.3)) {
        failed += 1;
        response.writeHead(503).end();
        return;
      }
      if (url.pathname !== '/oauth/token') answered += 1;
      const [body, link] = answer(url);
      response.writeHead(200, { 'content-type': 'application/json', ...(link && { link }) }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = (name: string) => ({
      [`PLATFORM_${name}_CLIENT_ID`]: 'test',
      [`PLATFORM_${name}_CLIENT_SECRET`]: 'test',
      [`PLATFORM_${name}_TOKEN_URL`]: `${url}/oauth/token`,
      [`PLATFORM_${name}_API_URL`]: url,
      [`PLATFORM_${name}_BUDGET`]: 'off',
    });
    app = await RunningApp.start({
      database: 'postgres',
      redis: true,
      env: {
        ...settings('GITHUB'),
        ...settings('SPOTIFY'),
        PLATFORM_BUDGET: 'off',
        PLATFORM_RETRY_BASE_MS: '1',
        EXTRACTION_RATE_MAX: '0',
      },
    });
  });
  afterAll(async () => {
    await app.stop();
    server.closeAllConnections();
    server.close();
  });

  const connect = async (platform: string) => {
    const person = await ApiClient.signIn(app);
    const { state } = await person.authorize(platform);
    const { jobId } = await person.callback({ code: 'any', state }, platform);
    return { person, jobId };
  };

  it(`loses no item of ${JOBS} jobs of ten pages and one of ${inFull('a thousand', 'two hundred')}, for at most 1.6 requests a page`, async () => {
    const small = await Promise.all(Array.from({ length: JOBS }, () => connect('github')));
    const large = await connect('spotify');
    for (const { person, jobId } of small) {
      const job = await person.endOf(jobId);
      expect([seed, job.state, job.attemptsMade, job.warnings]).toEqual([seed, 'completed', 1, []]);
    }
    const job = await large.person.endOf(large.jobId);
    expect([seed, job.state, job.warnings]).toEqual([seed, 'completed', []]);
    const stored = await app.database!.query(
      'SELECT kind, count(*)::int AS count FROM items GROUP BY kind ORDER BY kind',
    );
    expect(stored).toEqual([
      { kind: 'playlist', count: PLAYLISTS },
      { kind: 'playlist-item', count: PLAYLISTS * PAGES_A_PLAYLIST * PER_PAGE },
      { kind: 'profile', count: JOBS + 1 },
      { kind: 'star', count: JOBS * STAR_PAGES * PER_PAGE },
    ]);
    const pages = JOBS * 10 + PLAYLISTS * PAGES_A_PLAYLIST + 14;
    expect(answered).toBe(pages);
    expect((answered + failed) / pages).toBeLessThanOrEqual(inFull(1.6, 1.8));
    expect(failed).toBeGreaterThan(pages * inFull(0.3, 0.2));
  });
});

describe('R16: a single slot', () => {
  let sandbox: Sandbox;
  let app: RunningApp;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: 'postgres',
      redis: true,
      sandboxPort: sandbox.port,
      env: {
        EXTRACTION_CONCURRENCY: '1',
        EXTRACTION_TIMEOUT_MS: '3000',
        RETRY_BASE_MS: '20000',
        PLATFORM_RETRY_BASE_MS: '1',
      },
    });
  });
  beforeEach(() => app.spotify.reset());
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  const nextPerson = async () => {
    const other = await ApiClient.signIn(app);
    return other.endOf((await other.connect('newcomer')).jobId);
  };

  it.each([
    ['never answers', { hang: true }],
    ['drips a byte a second', { drip: true }],
  ] as const)('is free again a second after the limit of a run whose platform %s', async (_, fault) => {
    await app.spotify.addFault({ path: '/v1/me', times: 1, ...fault });
    const person = await ApiClient.signIn(app);
    const feed = await LiveFeed.open(app, person.token!);
    await person.connect('commuter');
    const started = await feed.event('extraction_started');
    const failed = await feed.event('extraction_failed');
    expect(failed).toMatchObject({ error: { code: 'TIMEOUT' }, willRetry: true });
    expect(Date.parse(failed.at) - Date.parse(started.at)).toBeLessThan(4_000);
    const other = await nextPerson();
    expect(other).toMatchObject({ state: 'completed' });
    // The run that failed is still waiting for its next attempt.
    expect(Date.parse(other.finishedAt)).toBeLessThan(Date.parse(failed.retryAt));
    feed.close();
  });

  it('is free for others while a job waits for its platform', async () => {
    await app.spotify.addFault({ path: '/v1/me/tracks', status: 429, retryAfter: 25, times: 1 });
    const person = await ApiClient.signIn(app);
    const feed = await LiveFeed.open(app, person.token!);
    await person.connect('commuter');
    const delayed = await feed.event('extraction_delayed');
    const github = await ApiClient.signIn(app);
    // In the sandbox nobody shares a limit of the app, and this is another platform.
    const job = await github.endOf((await github.connect('newcomer', 'github')).jobId);
    expect(job).toMatchObject({ state: 'completed' });
    expect(Date.parse(job.finishedAt)).toBeLessThan(Date.parse(delayed.retryAt));
    feed.close();
  });

  it('is not taken by a job whose platform is known to allow nothing, and its person is notified at once', async () => {
    await app.spotify.addFault({ path: '/v1/me/tracks', status: 429, retryAfter: 40, times: 1 });
    const [first, second] = [await ApiClient.signIn(app), await ApiClient.signIn(app)];
    const [feed, other] = [await LiveFeed.open(app, first.token!), await LiveFeed.open(app, second.token!)];
    await first.connect('commuter');
    await feed.event('extraction_delayed');
    const { jobId } = await second.connect('newcomer');
    const delayed = await other.event('extraction_delayed');
    expect(delayed).toMatchObject({ jobId, code: 'RATE_LIMITED' });
    expect(await second.get(`/jobs/${jobId}`)).toMatchObject({ state: 'delayed', nextRunAt: delayed.retryAt });
    expect(other.events.map(({ type }) => type)).not.toContain('extraction_started');
    feed.close();
    other.close();
  });
});
