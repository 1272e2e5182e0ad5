import { io } from 'socket.io-client';
import { QUEUE_NAMES } from '../../src/queues/jobs.js';
import { ApiClient } from '../support/api-client.js';
import type { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';
import { Deployment } from './deployment.js';

const SETTINGS = { EXTRACTION_RATE_MAX: '0', SIGNATURE_DELAY_MS: '0', PLATFORM_RETRY_BASE_MS: '1' };

/** No user id may appear in the metrics. */
const NAME = 'Mira Vennholt';

const NOBODY = '00000000-0000-7000-8000-000000000000';

describe('what operators have beside the dashboard', () => {
  let deployment: Deployment;
  let api: RunningApp;
  let worker: RunningApp;
  let admin: ApiClient;
  let mira: ApiClient;
  let noor: ApiClient;

  /** Ends with a dead letter. */
  const fail = async (begin: () => Promise<{ jobId: string }>, person: ApiClient) => {
    await deployment.spotify.addFault({ path: '/v1/me', status: 400 });
    const { jobId } = await begin();
    expect(await person.endOf(jobId)).toMatchObject({ state: 'failed', errorCode: 'PLATFORM_REFUSED' });
    await deployment.spotify.reset();
    return jobId;
  };
  const refusal = async (client: ApiClient, path: string, body?: unknown) => {
    const answer = await client.call('POST', path, { body });
    return [answer.status, answer.body.error?.code];
  };

  beforeAll(async () => {
    deployment = await Deployment.start({ env: SETTINGS });
    api = await deployment.process('api');
    worker = await deployment.process('worker');
    admin = await deployment.admin(api);
    mira = await deployment.client(api, NAME);
    noor = await deployment.client(api, 'noor');
  });
  afterAll(() => deployment.stop());

  describe('dead letters', () => {
    let older: string;
    let newer: string;
    let noors: string;

    beforeAll(async () => {
      older = await fail(() => mira.connect('newcomer'), mira);
      newer = await fail(() => mira.post('/extraction/spotify'), mira);
      noors = await fail(() => noor.connect('newcomer'), noor);
    });

    it('are listed with what is known of them', async () => {
      const rows = await admin.all('/queues/extraction/jobs?state=failed', 2);
      expect(rows.map(({ id }) => id)).toEqual([noors, newer, older]);
      expect(rows[0]).toMatchObject({
        userId: 'noor',
        platform: 'spotify',
        attemptsMade: 1,
        errorCode: 'PLATFORM_REFUSED',
        failedReason: expect.stringMatching(/^400 from /),
        errorStack: expect.stringContaining('PermanentError'),
      });
      const query = `state=failed&userId=${encodeURIComponent(NAME)}&platform=spotify`;
      expect((await admin.get(`/queues/extraction/jobs?${query}`)).map(({ id }: any) => id)).toEqual([newer, older]);
      expect(await admin.get('/queues/soul-signature/jobs?state=failed')).toEqual([]);
    });

    it.each(['retry', 'discard'])('are never meant by accident (%s)', async (what) => {
      const bodies: unknown[] = [
        {},
        undefined,
        { ids: [] },
        { ids: 'all' },
        { ids: [NOBODY, 'x'] },
        { ids: Array.from({ length: 1_001 }, () => NOBODY) },
        { all: false },
        { all: 'true' },
        { all: true, ids: [noors] },
        { all: true, queue: 'extraction' },
        [noors],
      ];
      for (const body of bodies) {
        expect([body, (await refusal(admin, `/queues/extraction/failed/${what}`, body))[0]]).toEqual([body, 400]);
      }
      expect(await refusal(admin, `/queues/no-queue/failed/${what}`, { all: true })).toEqual([400, 'INVALID_INPUT']);
      expect(await refusal(mira, `/queues/extraction/failed/${what}`, { all: true })).toEqual([403, 'FORBIDDEN']);
      expect(await refusal(new ApiClient(api), `/queues/extraction/failed/${what}`, { all: true })).toEqual([
        401,
        'UNAUTHORIZED',
      ]);
      expect(await deployment.extractions()).toEqual({ failed: 3 });
    });

    it('are retried one by one by their owner, and by nobody else', async () => {
      expect(await refusal(mira, `/jobs/${noors}/retry`)).toEqual([404, 'JOB_NOT_FOUND']);
      expect(await refusal(noor, `/jobs/${NOBODY}/retry`)).toEqual([404, 'JOB_NOT_FOUND']);
      expect(await refusal(noor, '/jobs/1/retry')).toEqual([404, 'JOB_NOT_FOUND']);
      expect(await noor.post(`/jobs/${noors}/retry`)).toEqual({ jobId: noors, queued: true });
      expect(await noor.endOf(noors)).toMatchObject({ state: 'completed', trigger: 'retry', failedReason: null });
      expect(await refusal(noor, `/jobs/${noors}/retry`)).toEqual([409, 'JOB_NOT_FAILED']);
    });

    it('are not retried beside a newer job of the same kind', async () => {
      await worker.terminate();
      const { jobId } = await mira.post('/extraction/spotify');
      const { status, body } = await mira.call('POST', `/jobs/${newer}/retry`);
      expect([status, body.error]).toMatchObject([409, { code: 'JOB_SUPERSEDED', details: { jobId } }]);
      expect(await refusal(admin, `/jobs/${older}/retry`)).toEqual([409, 'JOB_SUPERSEDED']);
      expect(await admin.post('/queues/extraction/failed/retry', { all: true })).toEqual({
        retried: 0,
        skipped: [
          { id: newer, reason: 'superseded', by: jobId },
          { id: older, reason: 'superseded', by: jobId },
        ],
      });
      await admin.post(`/jobs/${jobId}/cancel`);
    });

    it('are retried in bulk, the newest of each kind', async () => {
      expect(await admin.post('/queues/soul-signature/failed/retry', { ids: [newer] })).toMatchObject({ retried: 0 });
      expect(
        await admin.post('/queues/extraction/failed/retry', { ids: [older, noors, newer, NOBODY, older] }),
      ).toEqual({
        retried: 1,
        skipped: [
          { id: noors, reason: 'not_failed' },
          { id: older, reason: 'superseded', by: newer },
          { id: NOBODY, reason: 'not_failed' },
        ],
      });
      expect(await mira.get(`/jobs/${newer}`)).toMatchObject({ state: 'waiting', trigger: 'retry', attemptsMade: 0 });
      await worker.startAgain();
      expect(await mira.endOf(newer)).toMatchObject({ state: 'completed' });
      expect(await admin.post('/queues/extraction/failed/retry', { all: true })).toEqual({ retried: 1, skipped: [] });
      expect(await mira.endOf(older)).toMatchObject({ state: 'completed' });
    });

    it('are discarded for good', async () => {
      const first = await fail(() => mira.post('/extraction/spotify'), mira);
      const second = await fail(() => mira.post('/extraction/spotify'), mira);
      const third = await fail(() => noor.post('/extraction/spotify'), noor);
      expect(await admin.post('/queues/soul-signature/failed/discard', { ids: [first] })).toEqual({ discarded: 0 });
      expect(await admin.post('/queues/extraction/failed/discard', { ids: [first, newer, NOBODY] })).toEqual({
        discarded: 1,
      });
      expect((await mira.call('GET', `/jobs/${first}`)).status).toBe(404);
      expect(await mira.get(`/jobs/${newer}`)).toMatchObject({ state: 'completed' });
      expect(await admin.post('/queues/extraction/failed/discard', { all: true })).toEqual({ discarded: 2 });
      for (const id of [second, third]) expect((await admin.call('GET', `/jobs/${id}`)).status).toBe(404);
      await until('counts of now', async () => {
        const { extraction } = await admin.get('/queues/stats');
        return extraction.failed === 0 && extraction.completed === 3;
      });
    });
  });

  describe('metrics', () => {
    const scrape = async (app: RunningApp) => {
      const answer = await fetch(`${app.url}/metrics`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        expect.stringMatching(/^text\/plain;.*version=/),
      ]);
      return answer.text();
    };

    it('tell in every process what the deployment is doing, and in a worker what it did', async () => {
      for (const app of [api, worker]) {
        const text = await scrape(app);
        for (const name of [
          'soul_jobs{queue="extraction",state="completed"} 3',
          'soul_jobs{queue="soul-signature",state="failed"} 0',
          'soul_job_oldest_seconds{queue="extraction",state="waiting"} 0',
          'soul_job_oldest_seconds{queue="extraction",state="active"} 0',
          'soul_job_dispatch_seconds_bucket{le="0.001",queue="extraction"}',
          'soul_database_connections{state="idle"}',
          'soul_redis_memory_bytes{kind="used"}',
          'soul_redis_memory_bytes{kind="max"} 0',
          'soul_redis_up 1',
          'nodejs_eventloop_lag_seconds',
          'process_resident_memory_bytes',
          '# TYPE soul_job_runs_total counter',
          '# TYPE soul_job_run_seconds histogram',
          '# TYPE soul_job_start_delay_seconds histogram',
          '# TYPE soul_provider_requests_total counter',
        ]) {
          expect(text).toContain(name);
        }
      }
      const text = await scrape(worker);
      expect(text).toContain('soul_job_runs_total{job="extract-platform",outcome="completed"} 2');
      expect(text).toContain('soul_job_runs_total{job="extract-platform",outcome="fail"} 3');
      expect(text).toMatch(/soul_provider_requests_total\{platform="spotify",status="200"\} \d+/);
      expect(text).toMatch(/soul_provider_requests_total\{platform="spotify",status="400"\} 3/);
      expect(text).toMatch(/soul_job_run_seconds_count\{job="extract-platform"\} 5/);
      expect(await scrape(api)).not.toMatch(/soul_job_runs_total\{/);
    });

    it('name nobody', async () => {
      for (const app of [api, worker]) {
        const text = await scrape(app);
        for (const secret of [NAME, 'noor', 'operator', 'eyJ', ...(await jobIds())]) expect(text).not.toContain(secret);
        expect(text.split('\n').length).toBeLessThan(600);
      }
    });

    const jobIds = async () => (await deployment.database.query('SELECT id FROM jobs')).map(({ id }) => id);
  });

  describe('a worker process', () => {
    const ask = (path: string, init: RequestInit = {}) => fetch(worker.url + path, { redirect: 'manual', ...init });

    it.each(['/health/live', '/health/ready', '/api/health/live', '/api/health/ready', '/metrics'])(
      'serves %s',
      async (path) => {
        expect((await ask(path)).status).toBe(200);
      },
    );

    it.each([
      '/',
      '/index.html',
      '/app.css',
      '/api/me',
      '/api/jobs/1',
      '/api/extraction/jobs',
      '/api/connectors/status',
      '/api/connectors/spotify/callback?code=x&state=y',
      '/api/soul-signature',
      '/api/events',
      '/api/queues/stats',
      '/api/queues/health',
      '/api/queues/dashboard',
      '/api/queues/dashboard/api/queues',
      '/api/docs',
      '/api/openapi.json',
      '/socket.io/?EIO=4&transport=polling',
      '/socket.io/socket.io.js',
    ])('knows no %s', async (path) => {
      const answers = await Promise.all([
        ask(path),
        ask(path, { headers: { accept: 'text/html', authorization: `Bearer ${admin.token}` } }),
      ]);
      for (const answer of answers) {
        expect(answer.status).toBe(404);
        expect(answer.headers.get('content-type')).toContain('application/json');
        expect(await answer.json()).toMatchObject({
          success: false,
          error: { code: 'NOT_FOUND' },
          requestId: expect.any(String),
        });
      }
    });

    it('takes no orders and no sockets', async () => {
      const answers = await Promise.all([
        ask('/api/auth/demo', { method: 'POST' }),
        ask('/api/queues/extraction/pause', { method: 'POST', headers: { authorization: `Bearer ${admin.token}` } }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      const socket = io(worker.url, { auth: { token: mira.token }, reconnection: false, forceNew: true });
      await new Promise<void>((resolve, reject) => {
        socket.on('connect_error', () => resolve());
        socket.on('connect', () => reject(new Error('It was let in')));
      });
      socket.disconnect();
    });

    it('is told by health when it is missing', async () => {
      expect(await admin.get('/queues/health')).toMatchObject({ available: true, warnings: [] });
      await worker.terminate();
      expect(await admin.get('/queues/health')).toMatchObject({
        available: true,
        warnings: QUEUE_NAMES.map((queue) => `No worker takes jobs of ${queue}`),
      });
      await worker.startAgain();
    });
  });

  it('says on the log of each process what it is', () => {
    const said = (app: RunningApp) => app.lines.join('\n');
    for (const line of ['Initializing Bull queues...', 'Bull queues initialized successfully']) {
      expect(said(api)).toContain(line);
      expect(said(worker)).toContain(line);
    }
    expect(said(api)).toContain('Bull Board initialized at /api/queues/dashboard');
    expect(said(worker)).not.toContain('Bull Board');
    expect(said(worker)).toContain('Worker; health on port');
    expect(said(api)).toContain('Queues: Bull on Redis at 127.0.0.1');
  });
});
