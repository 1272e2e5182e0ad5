import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { answerIn, ApiClient, decide } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { inFull } from '../support/length.js';
import { LiveFeed } from '../support/live-feed.js';
import { RunningApp, type Engines } from '../support/running-app.js';
import { servedItems, total } from '../support/served-items.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

const OTHER_APP = 'https://app.example.org/connected';

const MAIN_JOB = [
  'extraction_queued',
  'connection_status',
  'extraction_started',
  'extraction_completed',
  'signature_started',
  'signature_completed',
];

const EMBEDDED: Engines = { database: 'embedded', redis: false };
const SERVER: Engines = { database: 'postgres', redis: false };
const SERVERS: Engines = { database: 'postgres', redis: true };
const ENGINES = inFull([EMBEDDED, SERVER, SERVERS], [EMBEDDED, SERVERS]);

describe.each(ENGINES)('the main job on $database (redis: $redis)', (engines) => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let served: Record<string, number>;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    [app, served] = await Promise.all([
      RunningApp.start({
        ...engines,
        sandboxPort: sandbox.port,
        // Without Redis a route answers when the job is over, also on a busy machine.
        env: { CONNECT_REDIRECT_URIS: OTHER_APP, SYNC_WAIT_MS: '200000' },
      }),
      servedItems(`${sandbox.url}/spotify`, 'night-owl'),
    ]);
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  describe('for a program', () => {
    let person: ApiClient;
    let feed: LiveFeed;
    let jobId: string;

    beforeAll(async () => {
      person = await ApiClient.signIn(app, { name: 'Mira', timeZone: 'Europe/Berlin' });
      feed = await LiveFeed.open(app, person.token!);
    });
    afterAll(() => feed.close());

    it('shows a newcomer an empty snapshot and what is missing', async () => {
      expect(feed.snapshots).toEqual([
        { seq: 0, epoch: expect.any(String), jobs: [], connections: expect.any(Object) },
      ]);
      const { status, body } = await person.call('GET', '/soul-signature');
      expect([status, body.error.code]).toEqual([404, 'NO_SIGNATURE_YET']);
      expect(body.error.details).toMatchObject({ missing: 'connection', connected: [] });
    });

    it('answers the callback with the job it began', async () => {
      const connect = await person.authorize();
      expect(await person.get(`/connectors/connects/${connect.connectId}`)).toMatchObject({ status: 'pending' });
      const answer = await person.callback(await decide(connect.authorizationUrl, 'night-owl'));
      expect(answer).toMatchObject({ platform: 'spotify', connected: true, queued: engines.redis });
      ({ jobId } = answer);
      expect(await person.get(`/connectors/connects/${connect.connectId}`)).toMatchObject({
        status: 'connected',
        jobId,
      });
    });

    it('tells every step once and in order, numbered without a gap', async () => {
      await feed.event('signature_completed');
      expect(feed.events.map(({ type }) => type)).toEqual(MAIN_JOB);
      expect(feed.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
      const extraction = feed.events.filter(({ type }) => type.startsWith('extraction_'));
      expect(extraction.map((event) => [event.jobId, event.platform])).toEqual(
        extraction.map(() => [jobId, 'spotify']),
      );
      expect(feed.events).toEqual(await person.events());
    });

    it('shows progress that moves and never falls', () => {
      const extraction = feed.progress.filter(({ type }) => type === 'extraction_progress');
      const values = extraction.map(({ progress }) => progress);
      expect(new Set(values).size).toBeGreaterThan(10);
      expect(values).toEqual([...values].sort((a, b) => a - b));
      expect(values.at(0)).toBeLessThanOrEqual(10);
      expect(values.at(-1)).toBe(90);
      const items = extraction.map((event) => event.items);
      expect(items).toEqual([...items].sort((a, b) => a - b));
      expect(extraction.map(({ transient, jobId: id }) => [transient, id])).toEqual(
        extraction.map(() => [true, jobId]),
      );
      // Transient events have the number of the last durable one before them, and are not stored.
      let last = feed.snapshots[0].seq;
      for (const { transient, seq } of feed.all) {
        if (transient) expect(seq).toBe(last);
        else last = seq;
      }
    });

    it('replays what was missed, in pages', async () => {
      const { epoch } = feed.snapshots[0];
      expect(await feed.replay({ since: 2 })).toEqual({ events: feed.events.slice(2), more: false, seq: 6, epoch });
      expect(await feed.replay({ since: 0, limit: 2 })).toEqual({
        events: feed.events.slice(0, 2),
        more: true,
        seq: 6,
        epoch,
      });
      expect(await feed.replay({ since: 'yesterday' })).toMatchObject({ error: { code: 'INVALID_INPUT' } });
      const again = await LiveFeed.open(app, person.token!);
      expect(again.snapshots[0]).toMatchObject({ seq: 6, epoch, connections: { spotify: { connected: true } } });
      expect(again.snapshots[0].jobs.map((job: any) => [job.name, job.state])).toEqual([
        ['build-signature', 'completed'],
        ['extract-platform', 'completed'],
      ]);
      again.close();
    });

    it('has stored exactly what the platform serves', async () => {
      expect(await person.itemCounts()).toEqual(served);
      const job = await person.get(`/jobs/${jobId}`);
      expect(job).toMatchObject({
        state: 'completed',
        progress: 100,
        trigger: 'connect',
        priority: 1,
        attemptsMade: 1,
      });
      expect(job.items).toBe(total(served));
      expect(feed.events[3]).toMatchObject({ itemsExtracted: total(served), warnings: [] });
    });

    it('builds the signature two seconds after the extraction', async () => {
      const [completed, started] = [feed.events[3], feed.events[4]].map(({ at }) => Date.parse(at));
      expect(started! - completed!).toBeGreaterThanOrEqual(2_000);
      expect(started! - completed!).toBeLessThan(8_000);
    });

    it('shows facts, and facets with their evidence', async () => {
      const signature = await person.get('/soul-signature');
      expect(signature.version).toBe(1);
      const { facts, facets, zone } = signature;
      expect(zone).toEqual({ iana: 'Europe/Berlin', source: 'user' });
      expect(facts.length).toBeGreaterThan(5);
      expect(knownFacets(signature)).toEqual(expect.arrayContaining(['rhythms.clock', 'rhythms.peak']));
      // Mira lives between 21:00 and 03:00.
      expect((facets['rhythms.peak'].value + 6) % 24).toBeLessThan(9);
      const { page, count } = facets['rhythms.clock'].evidence;
      expect(await person.all(page.replace(/^\/api/, ''))).toHaveLength(count);
      // What is not known is marked as unknown, with what is missing.
      expect(facets['taste.breadth']).toMatchObject({ status: expect.any(String) });
    });

    it('serves the status from the cache until something happens', async () => {
      await person.call('GET', '/connectors/status');
      const { body } = await person.call('GET', '/connectors/status');
      expect(body.cached).toBe(true);
      expect(body.data.spotify).toMatchObject({
        connected: true,
        status: 'connected',
        lastSyncStatus: 'completed',
        items: total(served),
        missingScopes: [],
      });
      const { jobId: again } = await person.post('/extraction/spotify');
      await person.endOf(again);
      expect((await person.call('GET', '/connectors/status')).body.cached).toBe(false);
    });

    it('extracts again without an item twice, and keeps the signature as nothing has changed', async () => {
      const since = (await person.events()).at(-1).seq;
      const before = await person.get('/soul-signature');
      const { jobId: again } = await person.post('/extraction/spotify');
      expect(again).not.toBe(jobId);
      expect(await person.endOf(again)).toMatchObject({ state: 'completed', trigger: 'manual', priority: 5 });
      expect(await person.itemCounts()).toEqual(served);
      expect(await person.event('signature_completed', since)).toMatchObject({ version: 1 });
      expect(await person.get('/soul-signature')).toEqual(before);
      expect(await person.all('/soul-signature/versions')).toHaveLength(1);
    });

    it('forgets the tokens and keeps the data when it is disconnected', async () => {
      expect(await person.delete('/connectors/spotify')).toEqual({
        platform: 'spotify',
        connected: false,
        revoked: false,
        appsUrl: expect.any(String),
      });
      const { spotify } = await person.get('/connectors/status');
      expect(spotify).toMatchObject({ connected: false, status: 'disconnected', items: total(served) });
      const { status, body } = await person.call('POST', '/extraction/spotify');
      expect([status, body.error.code]).toEqual([409, 'NOT_CONNECTED']);
      expect(await person.itemCounts()).toEqual(served);
      expect((await person.get('/soul-signature')).version).toBe(1);
    });

    it('removes the data too when that is asked for, and draws the signature anew', async () => {
      const since = (await person.events()).at(-1).seq;
      await person.delete('/connectors/spotify?deleteData=true');
      expect(await person.itemCounts()).toEqual({});
      expect(await person.event('signature_completed', since)).toMatchObject({ version: 2 });
      const signature = await person.get('/soul-signature');
      expect(knownFacets(signature)).toEqual([]);
      expect((await person.get('/connectors/status')).spotify).toMatchObject({ items: 0 });
      expect(await person.typesOfEvents()).not.toContain('extraction_failed');
    });
  });

  it('lets another web app end the connect it began, at its own address', async () => {
    const person = await ApiClient.signIn(app);
    const answer = await person.call('POST', '/connectors/spotify/authorize', { body: { redirectUri: OTHER_APP } });
    expect(answer.headers.getSetCookie()).toEqual([]);
    const { authorizationUrl } = answer.body.data;
    expect(new URL(authorizationUrl).searchParams.get('redirect_uri')).toBe(OTHER_APP);
    const { jobId } = await person.callback(await decide(authorizationUrl, 'newcomer'));
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
  });

  it('brings a browser back at once, bound by its cookie, while the extraction goes on', async () => {
    const person = await ApiClient.signIn(app, { timeZone: 'Europe/Berlin' });
    const feed = await LiveFeed.open(app, person.token!);
    const browser = new BrowserSession();
    await app.spotify.addFault({ path: '/v1/me', latencyMs: 700, times: 1 });
    const answer = await person.call('POST', '/connectors/spotify/authorize', {
      body: { returnTo: '/?tab=music#top' },
    });
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^connect_[\w-]+=[\w-]+;/);
    expect(cookie).toMatch(/; Path=\/api\/connectors(;|$)/);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    browser.keep(app.url, answer.headers);
    const consented = new URL(answer.body.data.authorizationUrl);
    consented.search += '&persona=newcomer&decision=allow';
    const callback = await browser.follow(consented.href, `${app.url}/api/connectors/spotify/callback`);
    expect(answerIn(callback).state).toBe(answer.body.data.state);
    const landed = await browser.open(callback);
    expect(landed).toMatchObject({ status: 303, location: `${app.url}/?tab=music&connected=spotify#top` });
    expect(landed.headers.get('cache-control')).toBe('no-store');
    expect(landed.headers.get('referrer-policy')).toBe('no-referrer');
    expect(browser.names).toEqual([]);
    expect(await person.typesOfEvents()).not.toContain('extraction_completed');
    await feed.event('extraction_completed');
    feed.close();
  });

  it('says on its log what the queues do, and nothing secret', async () => {
    const { jobId } = await (await ApiClient.signIn(app)).connect('newcomer');
    const said = [
      new RegExp(`\\[Queue\\] Processing extraction job ${jobId} for spotify`),
      new RegExp(`\\[Queue\\] Extraction job ${jobId} completed: \\d+ items in [\\d.]+ s`),
      new RegExp(`\\[Queue\\] Queued soul signature job [\\w-]+ after ${jobId}`),
    ];
    const log = () => app.lines.join('\n');
    await until('these lines', () => said.every((line) => line.test(log())));
    expect(log()).not.toMatch(/eyJ|Bearer|code=|state=/); // Bearer tokens, and the sandbox's codes, begin with eyJ.
  });

  it('measures Redis where there is one', async () => {
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/^soul_jobs\{queue="extraction",state="completed"\} [1-9]/m);
    expect(/^soul_redis_up 1$/m.test(metrics)).toBe(engines.redis);
    expect(metrics.includes('soul_redis_up')).toBe(engines.redis);
  });

  it('counts all work of all people for everybody, without names', async () => {
    const anybody = new ApiClient(app);
    await until('counts of now', async () => (await anybody.get('/queues/stats')).extraction.active === 0);
    const stats = await anybody.get('/queues/stats');
    expect(stats).toMatchObject({ available: engines.redis, extraction: { failed: 0, active: 0 } });
    expect(stats.extraction.completed).toBeGreaterThanOrEqual(5);
    expect(Object.keys(stats.soulSignature)).toEqual(['waiting', 'active', 'completed', 'failed', 'delayed', 'paused']);
  });
});

function knownFacets(signature: any): string[] {
  return Object.keys(signature.facets)
    .filter((key) => signature.facets[key].status === 'known')
    .sort();
}
