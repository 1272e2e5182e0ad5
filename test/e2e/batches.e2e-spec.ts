import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { RunningApp, type Engines } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

const PLATFORMS = ['spotify', 'github', 'youtube'];

/** All three stand-ins know this persona. */
const PERSONA = 'newcomer';

const ALL: readonly Engines[] = [
  { database: 'embedded', redis: false },
  { database: 'postgres', redis: true },
];
const ENGINES = inFull(ALL, ALL.slice(1));

describe.each(ENGINES)('a batch on $database (redis: $redis)', (engines) => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let person: ApiClient;
  let operator: ApiClient;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      ...engines,
      sandboxPort: sandbox.port,
      env: { EXTRACTION_RATE_MAX: '0', PLATFORM_RETRY_BASE_MS: '1', RETRY_BASE_MS: '50', SYNC_WAIT_MS: '0' },
    });
    operator = await ApiClient.signIn(app, { admin: true });
  });
  beforeEach(async () => {
    for (const platform of PLATFORMS) await new SandboxControl(sandbox.url, platform).reset();
    person = await ApiClient.signIn(app);
    for (const platform of PLATFORMS) {
      const { jobId } = await person.connect(PERSONA, platform);
      await person.endOf(jobId);
    }
    await until('the signature of the connections', async () => (await builds()) === 0);
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  /** How many signatures are still to be built. */
  const builds = async () => {
    const { waiting, active, delayed } = (await operator.get('/queues/overview'))['soul-signature'];
    return waiting + active + delayed;
  };
  const over = (batchId: string) =>
    until('the batch to be over', async () => {
      const batch = await person.get(`/extraction/batches/${batchId}`);
      return batch.finishedAt !== null && batch;
    });
  const since = async () => (await person.events()).length;

  it('reads every platform, and builds one signature when the last has ended', async () => {
    const before = await since();
    const { batchId, jobIds } = await person.post('/extraction');
    expect(jobIds).toHaveLength(PLATFORMS.length);
    const { counts, failed } = await over(batchId);
    expect([counts, failed]).toEqual([{ completed: 3 }, []]);
    const done = await until('its signature', async () => {
      const batch = await person.get(`/extraction/batches/${batchId}`);
      return (batch.signatureVersion ?? undefined) !== undefined && batch;
    });
    expect(done.signatureVersion).toBeGreaterThan(0);
    const events = await person.events(before);
    const ends = events.filter(({ type }) => type === 'extraction_completed');
    expect(ends.map(({ jobId }) => jobId).sort()).toEqual([...jobIds].sort());
    const builds = events.filter(({ type }) => type === 'signature_started');
    const failures = events.filter(({ type }) => /_failed$/.test(type));
    expect({ builds, failures }).toEqual({ builds: [expect.anything()], failures: [] });
    expect(builds[0].seq).toBeGreaterThan(Math.max(...ends.map(({ seq }) => seq)));
    expect(events.filter(({ type }) => type === 'batch_completed')).toMatchObject([{ batchId }]);
    for (const id of jobIds) expect(await person.get(`/jobs/${id}`)).toMatchObject({ priority: 10, trigger: 'batch' });
  });

  it('ends although a member fails for good, and names it', async () => {
    await new SandboxControl(sandbox.url, 'github').addFault({ path: '/user', status: 503 });
    const { batchId } = await person.post('/extraction');
    const { counts, failed } = await over(batchId);
    expect(counts).toEqual({ completed: 2, failed: 1 });
    expect(failed).toMatchObject([{ platform: 'github', code: 'PLATFORM_UNAVAILABLE' }]);
    await until('its signature', async () => {
      const { signatureVersion } = await person.get(`/extraction/batches/${batchId}`);
      return signatureVersion !== null;
    });
  });

  it('that is unfinished is given again, and a single extraction that is under way joins it', async () => {
    await new SandboxControl(sandbox.url, 'spotify').addFault({ path: '/v1/', latencyMs: 300 });
    const single = await person.post('/extraction/spotify');
    const { batchId, jobIds } = await person.post('/extraction');
    const again = await person.post('/extraction');
    expect(jobIds).toContain(single.jobId);
    expect([again.batchId, [...again.jobIds].sort()]).toEqual([batchId, [...jobIds].sort()]);
    expect((await over(batchId)).counts).toEqual({ completed: 3 });
    const next = await person.post('/extraction');
    expect(next.batchId).not.toBe(batchId);
    await over(next.batchId);
  });

  it('ends when what is left of it is cancelled', async () => {
    await new SandboxControl(sandbox.url, 'youtube').addFault({ path: '/', hang: true });
    const { batchId, jobIds } = await person.post('/extraction');
    const [hanging] = await until('all but one to be done', async () => {
      const jobs = await Promise.all(jobIds.map((id: string) => person.get(`/jobs/${id}`)));
      const left = jobs.filter(({ state }) => state !== 'completed');
      return left.length === 1 && left;
    });
    expect(hanging).toMatchObject({ platform: 'youtube' });
    await person.post(`/jobs/${hanging.id}/cancel`);
    expect((await over(batchId)).counts).toEqual({ completed: 2, cancelled: 1 });
  });

  it("is nobody else's to see, and needs a platform", async () => {
    const { batchId } = await person.post('/extraction');
    const stranger = await ApiClient.signIn(app);
    for (const id of [batchId, '00000000-0000-7000-8000-000000000000', 'none']) {
      const refused = await stranger.call('GET', `/extraction/batches/${id}`);
      expect([refused.status, refused.body.error.code]).toEqual([404, 'BATCH_NOT_FOUND']);
    }
    expect((await stranger.call('POST', '/extraction')).body.error.code).toBe('NOT_CONNECTED');
    await over(batchId);
  });
});
