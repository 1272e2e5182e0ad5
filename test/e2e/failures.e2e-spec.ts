import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { LiveFeed } from '../support/live-feed.js';
import { inFull } from '../support/length.js';
import { RunningApp, type Engines } from '../support/running-app.js';
import { servedItems, total } from '../support/served-items.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

/** The newcomer has no playlists, so that what fails there fails for the others only. */
const PLAYLISTS = '/v1/playlists/';

const ALL: readonly Engines[] = [
  { database: 'postgres', redis: false },
  { database: 'postgres', redis: true },
];
const ENGINES = inFull(ALL, ALL.slice(1));

const IN_SECONDS = ['in seconds', () => 12] as const;
const AS_A_DATE = ['as a date', () => new Date(Date.now() + 20_000).toUTCString()] as const;
/** How an answer says for how long it wants to be left alone; each is read in platform-client.spec.ts. */
const WAITS = inFull([IN_SECONDS, AS_A_DATE], [IN_SECONDS]);

describe.each(ENGINES)('on $database (redis: $redis)', (engines) => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let served: Record<string, number>;
  let admin: ApiClient;
  let person: ApiClient;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      ...engines,
      sandboxPort: sandbox.port,
      env: { PLATFORM_RETRY_BASE_MS: '1', RETRY_BASE_MS: '100', RETRY_JITTER: '0', SYNC_WAIT_MS: '0' },
    });
    served = await servedItems(`${sandbox.url}/spotify`, 'commuter');
    admin = await ApiClient.signIn(app, { name: 'operator', admin: true });
  });
  beforeEach(async () => {
    await app.spotify.reset();
    person = await ApiClient.signIn(app);
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  const ofType = async (type: string) => (await person.events()).filter((event) => event.type === type);

  describe('a job whose platform fails', () => {
    it('is tried three times, waits twice as long each time, and is then kept with its reason', async () => {
      await app.spotify.addFault({ path: PLAYLISTS, status: 503 });
      const { jobId } = await person.connect('commuter');
      const other = await ApiClient.signIn(app);
      const { jobId: otherJob } = await other.connect('newcomer');

      const job = await person.endOf(jobId);
      expect(job).toMatchObject({
        state: 'failed',
        attemptsMade: 3,
        maxAttempts: 3,
        errorCode: 'PLATFORM_UNAVAILABLE',
      });
      expect(job.failedReason).toMatch(/^503 from 127\.0\.0\.1:\d+\/spotify\/v1\/playlists\/\w+\/items$/);
      expect(await other.endOf(otherJob)).toMatchObject({ state: 'completed' });

      const failures = await ofType('extraction_failed');
      expect(failures.map(({ attempt, willRetry }) => [attempt, willRetry])).toEqual([
        [1, true],
        [2, true],
        [3, false],
      ]);
      const waits = failures.slice(0, 2).map(({ at, retryAt }) => Date.parse(retryAt) - Date.parse(at));
      expect(waits).toEqual([100, 200]);
      expect(failures[2]).not.toHaveProperty('retryAt');
      const starts = await ofType('extraction_started');
      expect(starts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      for (const [attempt, { retryAt }] of failures.slice(0, 2).entries()) {
        expect(Date.parse(starts[attempt + 1].at)).toBeGreaterThanOrEqual(Date.parse(retryAt));
      }

      const dead = await admin.all('/queues/extraction/jobs?state=failed');
      expect(dead).toMatchObject([{ id: jobId, userId: person.userId, failedReason: job.failedReason }]);
      expect((await person.get('/connectors/status')).spotify).toMatchObject({
        status: 'connected',
        lastSyncStatus: 'failed',
        lastSync: null,
      });
      expect(await person.typesOfEvents()).not.toContain('signature_started');
    });

    it('keeps what it has read, and a later job completes it', async () => {
      await app.spotify.addFault({ path: PLAYLISTS, status: 500 });
      await person.endOf((await person.connect('commuter')).jobId);
      const { 'playlist-item': _, ...read } = served;
      expect(await person.itemCounts()).toEqual(read);
      await app.spotify.reset();
      const { jobId } = await person.post('/extraction/spotify');
      expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
      expect(await person.itemCounts()).toEqual(served);
    });

    it('is not tried again where that cannot help', async () => {
      await app.spotify.addFault({ path: '/v1/me', status: 403, times: 1 });
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'failed', attemptsMade: 1, errorCode: 'PLATFORM_FORBIDDEN' });
      expect(await app.spotify.countOf('/v1/me')).toBe(1);
    });

    it('survives single failures without anybody noticing', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', after: 2, status: 502, times: 3 });
      await app.spotify.addFault({ path: '/v1/me/albums', body: '{"items":[', times: 1 });
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'completed', attemptsMade: 1, items: total(served), warnings: [] });
      expect(await ofType('extraction_failed')).toEqual([]);
    });

    it('goes on without a list that the platform refuses, and says so', async () => {
      await app.spotify.addFault({ path: '/v1/me/shows', status: 404 });
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'completed', warnings: [{ code: 'NOT_AVAILABLE' }] });
      const { 'saved-show': _, ...rest } = served;
      expect(await person.itemCounts()).toEqual(rest);
    });

    it('can be cancelled while it runs, and stores nothing more', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', after: 1, hang: true });
      const { jobId } = await person.connect('commuter');
      await until('the second page', async () => (await app.spotify.countOf('/v1/me/tracks')) >= 2);
      const cancelled = await person.post(`/jobs/${jobId}/cancel`);
      expect(cancelled).toMatchObject({ state: 'cancelled' });
      expect((await ofType('extraction_cancelled')).map((event) => event.jobId)).toEqual([jobId]);
      const { status, body } = await person.call('POST', `/jobs/${jobId}/cancel`);
      expect([status, body.error.code]).toEqual([409, 'JOB_ALREADY_OVER']);
      await app.spotify.reset();
      const again = await person.post('/extraction/spotify');
      expect(await person.endOf(again.jobId)).toMatchObject({ state: 'completed' });
      expect(await person.itemCounts()).toEqual(served);
      expect((await person.get(`/jobs/${jobId}`)).state).toBe('cancelled');
    });
  });

  describe('an access token', () => {
    it('that the platform rejects is renewed once, and no page is read twice', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', after: 2, status: 401, times: 1 });
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'completed', attemptsMade: 1, items: total(served) });
      const requests = await app.spotify.requests();
      expect(requests['/oauth/token']).toBe(2); // The code, and one refresh.
      expect(requests['/v1/me/tracks']).toBe(Math.ceil(served['saved-track']! / 50) + 1);
      expect(await person.itemCounts()).toEqual(served);
    });

    it('that has expired is renewed before it is used, and the renewed one is kept', async () => {
      await person.endOf((await person.connect('newcomer')).jobId);
      await app.database!.query(`UPDATE connections SET access_expires_at = now() WHERE user_id = $1`, [person.userId]);
      for (let round = 1; round <= 2; round++) {
        const { jobId } = await person.post('/extraction/spotify');
        expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
        expect(await app.spotify.countOf('/oauth/token')).toBe(2);
      }
    });

    it('is renewed again and again with a refresh token that changes each time', async () => {
      await person.endOf((await person.connect('newcomer')).jobId);
      for (let round = 1; round <= 3; round++) {
        await app.database!.query(`UPDATE connections SET access_expires_at = now() WHERE user_id = $1`, [
          person.userId,
        ]);
        const { jobId } = await person.post('/extraction/spotify');
        expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
      }
      expect(await app.spotify.countOf('/oauth/token')).toBe(4);
    });

    it('that cannot be renewed ends the connection: the person is told once, and nothing is tried again', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', after: 1, status: 401 });
      await app.spotify.addFault({ scope: 'token', status: 400, after: 1 }); // invalid_grant
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'failed', attemptsMade: 1, errorCode: 'NEEDS_RECONNECT' });
      expect(await ofType('extraction_failed')).toMatchObject([{ willRetry: false }]);
      const told = (await ofType('connection_status')).map(({ status }) => status);
      expect(told).toEqual(['connected', 'needs_reconnect']);
      expect((await person.get('/connectors/status')).spotify).toMatchObject({
        connected: false,
        status: 'needs_reconnect',
      });
      const requests = await app.spotify.requests();
      expect([requests['/oauth/token'], requests['/v1/me/tracks']]).toEqual([2, 2]);

      const { status, body } = await person.call('POST', '/extraction/spotify');
      expect([status, body.error.code]).toEqual([409, 'NEEDS_RECONNECT']);
      expect(await app.spotify.requests()).toEqual(requests);

      await app.spotify.reset();
      const again = await person.endOf((await person.connect('commuter')).jobId);
      expect(again).toMatchObject({ state: 'completed' });
      expect(await person.itemCounts()).toEqual(served);
    });

    it('that is fresh and rejected all the same ends the connection too', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', status: 401 });
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'failed', attemptsMade: 1, errorCode: 'NEEDS_RECONNECT' });
      expect(await app.spotify.countOf('/oauth/token')).toBe(2);
      expect((await ofType('connection_status')).map(({ status }) => status)).toEqual(['connected', 'needs_reconnect']);
    });

    it('that cannot be renewed for the moment is tried again, and the connection lives', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', status: 401, times: 1 });
      await app.spotify.addFault({ scope: 'token', status: 503, after: 1, times: 1 });
      const job = await person.endOf((await person.connect('commuter')).jobId);
      expect(job).toMatchObject({ state: 'completed', items: total(served) });
      expect(await ofType('extraction_failed')).toMatchObject([{ attempt: 1, willRetry: true }]);
      expect(await person.itemCounts()).toEqual(served);
    });
  });

  describe('a platform that asks us to wait', () => {
    it('for a moment is waited for within the request', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', after: 1, status: 429, retryAfter: 1, times: 1 });
      const { jobId } = await person.connect('commuter');
      expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', attemptsMade: 1, items: total(served) });
      expect(await person.typesOfEvents()).not.toContain('extraction_delayed');
    });

    it.each(WAITS)(
      'for longer (%s) is left alone until then, no attempt is spent and no slot is held',
      async (_, retryAfter) => {
        await app.spotify.addFault({
          path: '/v1/me/tracks',
          after: 1,
          status: 429,
          retryAfter: retryAfter(),
          times: 1,
        });
        const feed = await LiveFeed.open(app, person.token!);
        const { jobId } = await person.connect('commuter');
        const delayed = await feed.event('extraction_delayed');
        const wait = Date.parse(delayed.retryAt) - Date.parse(delayed.at);
        expect(wait).toBeGreaterThan(9_000);
        expect(wait).toBeLessThan(21_000);
        expect(delayed).toMatchObject({ jobId, platform: 'spotify', reason: expect.stringContaining('429') });
        const job = await person.get(`/jobs/${jobId}`);
        expect(job).toMatchObject({ state: 'delayed', attemptsMade: 0, nextRunAt: delayed.retryAt });
        expect((await admin.get('/queues/overview')).extraction).toMatchObject({ delayed: 1, active: 0 });

        // Asking for it does not shorten the wait, and others do not have to.
        expect(await person.post('/extraction/spotify')).toMatchObject({ jobId });
        const other = await ApiClient.signIn(app);
        expect(await other.endOf((await other.connect('newcomer')).jobId)).toMatchObject({ state: 'completed' });

        const completed = await feed.event('extraction_completed');
        const started = feed.events.filter(({ type }) => type === 'extraction_started');
        expect(started.map(({ attempt }) => attempt)).toEqual([1, 1]);
        expect(Date.parse(started[1].at)).toBeGreaterThanOrEqual(Date.parse(delayed.retryAt));
        expect(completed.itemsExtracted).toBe(total(served));
        expect(await app.spotify.countOf('/v1/me/tracks')).toBe(
          Math.ceil(served['saved-track']! / 50) + 1 + 1, // The refused page again, and the newcomer's.
        );
        feed.close();
      },
    );
  });
});
