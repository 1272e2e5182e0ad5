import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import type { RecordedRefusal } from '../support/recorded-refusal.js';
import { LIST, PROFILE, REFUSED_ROWS, refuse, toldOf } from '../support/refused-rows.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { startStillSandbox } from '../support/still-sandbox.js';

const rowsAbout = (...concerns: RecordedRefusal['concerns'][]) =>
  REFUSED_ROWS.filter((row) => concerns.includes(row.concerns)).map(
    (row) => [row.platform, row.code, row.status, row] as const,
  );

describe('why something is not read', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let person: ApiClient;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: 'postgres',
      sandboxPort: sandbox.port,
      env: { PLATFORM_RETRY_BASE_MS: '1', SYNC_WAIT_MS: '0', SIGNATURE_DELAY_MS: '600000', EXTRACTION_RATE_MAX: '0' },
    });
  });
  beforeEach(async () => {
    for (const name of ['spotify', 'github', 'youtube']) await control(name).reset();
    await app.database!.query('DELETE FROM request_budgets');
    await app.database!.query('DELETE FROM queue_lines');
    person = await ApiClient.signIn(app);
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  const control = (name: string) => new SandboxControl(sandbox.url, name);
  const statusOf = async (name: RecordedRefusal['platform']) => (await person.get('/connectors/status'))[name];

  it.each(rowsAbout('everything'))(
    '%s: %s (%i) fails the job at once, and job, event and status say who acts',
    async (name, _code, _status, row) => {
      await refuse(sandbox.url, row, PROFILE[name]);
      const { jobId } = await person.connect('newcomer', name);
      const problem = toldOf(row);
      expect(await person.endOf(jobId)).toMatchObject({
        state: 'failed',
        errorCode: 'PLATFORM_FORBIDDEN',
        failedReason: expect.stringContaining(problem.message),
        warnings: [],
        problem,
      });
      expect(await person.event('extraction_failed')).toMatchObject({ problem, willRetry: false });
      expect(await statusOf(name)).toMatchObject({ status: 'connected', lastSyncStatus: 'failed', problem });
      // Nothing else was asked after the consent.
      const asked = Object.entries(await control(name).requests()).filter(([path]) => !path.startsWith('/oauth'));
      expect(asked).toEqual([[PROFILE[name], 1]]);
    },
  );

  it.each(rowsAbout('grant'))('%s: %s (%i) ends the connection', async (name, _code, _status, row) => {
    await refuse(sandbox.url, row, PROFILE[name]);
    const { jobId } = await person.connect('newcomer', name);
    const problem = { code: 'NEEDS_RECONNECT', actor: 'person' };
    expect(await person.endOf(jobId)).toMatchObject({ state: 'failed', errorCode: 'NEEDS_RECONNECT', problem });
    expect(await statusOf(name)).toMatchObject({ status: 'needs_reconnect', problem });
    await control(name).reset();
    expect(await person.endOf((await person.connect('newcomer', name)).jobId)).toMatchObject({ problem: null });
    expect(await statusOf(name)).toMatchObject({ status: 'connected', problem: null });
  });

  it.each(rowsAbout('part'))(
    '%s: %s (%i) of a list is a warning, and the connection lives',
    async (name, code, _status, row) => {
      await refuse(sandbox.url, row, LIST[name]);
      const { jobId } = await person.connect('newcomer', name);
      const problem = toldOf(row);
      const job = await person.endOf(jobId);
      expect(job).toMatchObject({ state: 'completed', errorCode: null, problem });
      expect(job.warnings).toEqual([
        {
          code: code === 'SCOPE_MISSING' ? code : 'NOT_AVAILABLE',
          message: expect.stringContaining(problem.message),
          problem,
        },
      ]);
      expect(await person.event('extraction_completed')).toMatchObject({ problem, warnings: job.warnings });
      expect(await statusOf(name)).toMatchObject({ status: 'connected', lastSyncStatus: 'completed', problem });
      const told = (await person.events()).filter(({ type }) => type === 'connection_status');
      expect(told.map(({ status }) => status)).toEqual(['connected']);
    },
  );

  it.each(rowsAbout('nothing'))('%s: %s (%i) is an empty list and no warning', async (name, _code, _status, row) => {
    await refuse(sandbox.url, row, '/youtube/v3/playlistItems');
    const { jobId } = await person.connect('devotee', name);
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', warnings: [], problem: null });
    expect(await statusOf(name)).toMatchObject({ problem: null });
  });

  it.each(rowsAbout('pace'))(
    '%s: %s (%i) lets the job wait, and its reason says for what',
    async (name, code, _status, row) => {
      await refuse(sandbox.url, row, PROFILE[name]);
      const { jobId } = await person.connect('newcomer', name);
      const problem = toldOf(row);
      const event = await person.event('extraction_delayed');
      expect(event).toMatchObject({
        jobId,
        code: 'RATE_LIMITED',
        reason: expect.stringContaining(problem.message),
        problem,
      });
      expect(await person.get(`/jobs/${jobId}`)).toMatchObject({
        state: 'delayed',
        failedReason: event.reason,
        problem,
      });
      expect(await statusOf(name)).toMatchObject({ status: 'connected', problem });
      expect(event.reason.includes('quota')).toBe(code === 'QUOTA_SPENT');
      expect(event.reason).not.toContain('left');
    },
  );

  it('tells others who wait for the same quota the same, whether their job was begun or not', async () => {
    const quota = REFUSED_ROWS.find(({ code }) => code === 'QUOTA_SPENT')!;
    await refuse(sandbox.url, quota, PROFILE.youtube);
    await person.connect('newcomer', 'youtube');
    const { retryAt } = await person.event('extraction_delayed');
    await control('youtube').reset();
    await app.database!.query('DELETE FROM queue_lines');
    for (const round of ['begun', 'not begun']) {
      const other = await ApiClient.signIn(app);
      await other.connect('newcomer', 'youtube');
      const event = await other.event('extraction_delayed');
      expect([round, event.problem]).toEqual([round, expect.objectContaining({ code: 'QUOTA_SPENT' })]);
      expect(Date.parse(event.retryAt)).toBeGreaterThanOrEqual(Date.parse(retryAt) - 1_000);
      expect((await other.get('/connectors/status')).youtube.problem).toMatchObject({ code: 'QUOTA_SPENT' });
    }
    expect(await control('youtube').countOf(PROFILE.youtube)).toBe(0);
  });

  it('says that the provider asked to slow down where it gives no time', async () => {
    await app.spotify.addFault({ path: '/v1/me', status: 429 });
    await person.connect('newcomer');
    const event = await person.event('extraction_delayed');
    expect(event.reason).toMatch(/: Spotify asked us to slow down\. Reading goes on by itself\.$/);
    expect(event.problem).toMatchObject({ code: 'SLOW_DOWN', actor: 'nobody' });
  });

  it('fails a job whose app is refused while the profile answers, instead of completing it with nothing', async () => {
    const row = REFUSED_ROWS.find(({ code }) => code === 'APP_OWNER_NOT_PREMIUM')!;
    await refuse(sandbox.url, row, '/v1/me/');
    const job = await person.endOf((await person.connect('newcomer')).jobId);
    expect(job).toMatchObject({ state: 'failed', problem: toldOf(row), warnings: [] });
    await app.spotify.reset();
    await person.post(`/jobs/${job.id}/retry`);
    expect(await person.endOf(job.id)).toMatchObject({ state: 'completed', problem: null });
    expect(await statusOf('spotify')).toMatchObject({ problem: null });
  });

  it('names the reason for which a token is refused, and calls only a wrong one wrong', async () => {
    const connect = async () =>
      (await person.call('POST', '/connectors/github/token', { body: { token: 'github_pat_sandbox_x1' } })).body.error;
    const row = REFUSED_ROWS.find(({ code }) => code === 'ORGANISATION_REFUSES_TOKEN')!;
    await refuse(sandbox.url, row, '/user');
    expect(await connect()).toMatchObject({
      code: 'PERSONAL_TOKEN_REFUSED',
      message: expect.not.stringContaining('wrong'),
      details: { problem: { code: row.code, actor: 'person' } },
    });
    await control('github').reset();
    expect(await connect()).toMatchObject({
      code: 'PERSONAL_TOKEN_REFUSED',
      message: expect.stringContaining('wrong, expired or revoked'),
    });
  });

  it('lists for operators what only they can mend, and for how many people', async () => {
    await app.database!.query('UPDATE connections SET problem = NULL');
    const rows = REFUSED_ROWS.filter(({ actor }) => actor === 'operator');
    for (const row of rows) {
      await refuse(sandbox.url, row, PROFILE[row.platform]);
      for (const each of [person, await ApiClient.signIn(app)]) {
        await each.endOf((await each.connect('newcomer', row.platform)).jobId);
      }
      await control(row.platform).reset();
      person = await ApiClient.signIn(app);
    }
    const admin = await ApiClient.signIn(app, { name: 'operator', admin: true });
    const { problems } = await admin.get('/queues/overview');
    const expected = rows.map((row) => {
      const { code, message } = toldOf(row);
      return { platform: row.platform, code, message, people: 2 };
    });
    expect(problems).toHaveLength(expected.length);
    expect(problems).toEqual(expect.arrayContaining(expected));
  });
});
