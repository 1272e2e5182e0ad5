import { ApiClient } from '../support/api-client.js';
import { historyFile } from '../support/history-rows.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { until } from '../support/until.js';
import { QueueSpy } from '../support/queue-spy.js';

/** More than are deleted in one piece; in full in several. */
const PLANTED = inFull(5_000, 2_500);

describe('disconnecting', () => {
  let app: RunningApp;
  let person: ApiClient;
  let operator: ApiClient;
  let queues: QueueSpy;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', redis: true, env: { PLATFORM_RETRY_BASE_MS: '1' } });
    queues = new QueueSpy(app.redisUrl);
    operator = await ApiClient.signIn(app, { admin: true });
  });
  beforeEach(async () => {
    await app.spotify.reset();
    person = await ApiClient.signIn(app);
  });
  afterAll(async () => {
    queues.close();
    await app.stop();
  });

  const connection = async (platform = 'spotify') =>
    (
      await app.database!.query('SELECT * FROM connections WHERE user_id = $1 AND platform = $2', [
        person.userId,
        platform,
      ])
    )[0];

  /** As text, without what an unknown facet would rest on. */
  const signatureWithoutInvitations = async () =>
    JSON.stringify(await person.get('/soul-signature'), (name, value) => (name === 'restsOn' ? undefined : value));

  const noBuildLeft = () =>
    until('no build to be left', async () => {
      const { waiting, active, delayed } = (await operator.get('/queues/overview'))['soul-signature'];
      return waiting + active + delayed === 0;
    });

  it.each([
    ['youtube', '/oauth/revoke', true],
    ['github', '/applications/sandbox/token', true],
    ['spotify', '/oauth/revoke', false],
  ])('gives the tokens of %s back as that provider takes them', async (platform, path, revoked) => {
    const control = new SandboxControl(app.sandboxUrl, platform);
    await control.reset();
    await person.endOf((await person.connect('newcomer', platform)).jobId);
    const { grantExpiresAt } = (await person.get('/connectors/status'))[platform];
    expect(grantExpiresAt).toEqual(platform === 'spotify' ? expect.any(String) : null);
    expect(await person.delete(`/connectors/${platform}`)).toEqual({
      platform,
      connected: false,
      revoked,
      appsUrl: expect.stringMatching(/^https:/),
    });
    expect((await control.countOf(path)) > 0).toBe(revoked);
    expect(await connection(platform)).toMatchObject({
      status: 'disconnected',
      access_token: null,
      refresh_token: null,
      scopes: [],
    });
    expect((await person.get('/connectors/status'))[platform]).toMatchObject({ connected: false, nextSync: null });
  });

  it('ends the run under way: it writes nothing more, and leaves nothing in the queue', async () => {
    await app.spotify.addFault({ path: '/v1/me/tracks', latencyMs: 1_500 });
    const { jobId } = await person.connect('night-owl');
    await person.job(jobId, ['active']);
    await until('the slow page to be asked for', async () => (await app.spotify.countOf('/v1/me/tracks')) > 0);
    await person.delete('/connectors/spotify?deleteData=true');
    expect(await person.job(jobId, ['cancelled'])).toMatchObject({ state: 'cancelled' });
    await until('the run to end', () => app.lines.some((line) => line.includes(`Run of job ${jobId} ended`)));
    expect(await person.itemCounts()).toEqual({});
    await until('its entry to be gone', async () => (await queues.entriesOf(person.userId, 'spotify')).length === 0);
  });

  it('takes what waits out of the queue', async () => {
    await person.endOf((await person.connect('newcomer')).jobId);
    expect(await queues.entriesOf(person.userId, 'spotify')).toHaveLength(1);
    await operator.post('/queues/extraction/pause');
    const { jobId } = await person.post('/extraction/spotify');
    await person.delete('/connectors/spotify');
    await operator.post('/queues/extraction/resume');
    expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ state: 'cancelled' });
    expect(await queues.entriesOf(person.userId, 'spotify')).toEqual([]);
  });

  it('keeps what was read, or removes it and builds the signature from what is left', async () => {
    for (const platform of ['spotify', 'github']) {
      await person.endOf((await person.connect('night-owl', platform)).jobId);
    }
    await person.event('signature_completed');
    await noBuildLeft();
    await person.delete('/connectors/spotify');
    expect(await person.itemCounts()).toMatchObject({ 'saved-track': expect.any(Number) });

    const { seq } = (await person.events()).at(-1);
    await person.delete('/connectors/spotify?deleteData=true');
    expect((await person.all('/extraction/items?platform=spotify')).length).toBe(0);
    expect((await person.all('/extraction/items?platform=github')).length).toBeGreaterThan(0);
    await person.event('signature_completed', seq);
    expect(await signatureWithoutInvitations()).not.toContain('"spotify"');
  });

  describe('with more data than is deleted at once', () => {
    let read: Record<string, number>;

    beforeEach(async () => {
      await person.endOf((await person.connect('newcomer')).jobId);
      await person.event('signature_completed');
      read = await person.itemCounts();
      await app.database!.query(
        `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
         SELECT $1, 'spotify', 'play', 'planted' || n, 'artist:' || n % 50, now() - n * interval '1 hour', 'user_act', '{}'
         FROM generate_series(1, $2::int) AS n`,
        [person.userId, PLANTED],
      );
      await operator.post('/queues/platform-data/pause');
    });
    afterEach(() => operator.post('/queues/platform-data/resume'));

    const rows = async (which = 'true') =>
      (
        await app.database!.query(`SELECT count(*)::int AS rows FROM items WHERE user_id = $1 AND ${which}`, [
          person.userId,
        ])
      )[0].rows;
    const disconnect = () => person.delete('/connectors/spotify?deleteData=true');

    it('leaves it to a job, shows none of it from then on, and builds the signature in the end', async () => {
      const all = await rows();
      const before = (await person.events()).at(-1).seq;
      const { jobId } = await disconnect();
      expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ name: 'delete-platform-data', state: 'paused' });
      expect(await rows()).toBe(all);
      expect(await person.all('/extraction/items')).toEqual([]);
      expect((await person.get('/connectors/status')).spotify).toMatchObject({ connected: false, items: 0 });
      expect((await disconnect()).jobId).toBe(jobId);

      await person.event('signature_completed', before);
      expect(await signatureWithoutInvitations()).not.toContain('"spotify"');

      await noBuildLeft();
      const { seq } = (await person.events()).at(-1);
      await operator.post('/queues/platform-data/resume');
      expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', progress: 100, items: all });
      expect(await rows()).toBe(0);
      await person.event('signature_completed', seq);
      expect(await signatureWithoutInvitations()).not.toContain('"spotify"');
    });

    it('shows what an archive tells all the while', async () => {
      const { body } = await person.upload([historyFile(20)]);
      await person.endOf(body.data.jobId);
      await noBuildLeft();
      const { seq } = (await person.events()).at(-1);
      await disconnect();
      expect(await person.itemCounts()).toEqual({ play: 20 });
      expect((await person.get('/connectors/status')).spotify).toMatchObject({ connected: false, items: 20 });
      await person.event('signature_completed', seq);
      expect((await person.get('/soul-signature')).coverage).toHaveProperty('spotify');
    });

    it('reads a platform that is connected again when the deletion has ended', async () => {
      const { jobId } = await disconnect();
      const reading = (await person.connect('newcomer')).jobId;
      expect(await person.event('extraction_delayed')).toMatchObject({ jobId: reading, code: 'BLOCKED' });
      expect(await person.get(`/jobs/${reading}`)).toMatchObject({ state: 'delayed', attemptsMade: 0 });
      await person.delete('/connectors/spotify');
      expect(await person.get(`/jobs/${reading}`)).toMatchObject({ state: 'cancelled' });
      expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ state: 'paused' });

      const again = (await person.connect('newcomer')).jobId;
      await operator.post('/queues/platform-data/resume');
      expect(await person.endOf(again)).toMatchObject({ state: 'completed' });
      expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ state: 'completed' });
      expect(await person.itemCounts()).toMatchObject({ 'saved-track': read['saved-track'] });
      expect(await rows(`external_id LIKE 'planted%'`)).toBe(0);
    });

    it('does not let a failed deletion be tried again once the platform is read anew', async () => {
      const { jobId } = await disconnect();
      await app.database!.query(`UPDATE jobs SET status = 'failed', finished_at = now() WHERE id = $1`, [jobId]);
      expect(await person.all('/extraction/items')).toEqual([]);
      await person.endOf((await person.connect('newcomer')).jobId);
      expect(await operator.post('/queues/platform-data/failed/retry', { all: true })).toEqual({
        retried: 0,
        skipped: [],
      });
      expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ state: 'cancelled' });
    });

    it('ends with the account', async () => {
      const { jobId } = await disconnect();
      await person.delete('/account');
      await operator.post('/queues/platform-data/resume');
      expect(await rows()).toBe(0);
      expect(await app.database!.query('SELECT FROM jobs WHERE id = $1', [jobId])).toEqual([]);
    });
  });
});
