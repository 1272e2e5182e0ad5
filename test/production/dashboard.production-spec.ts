import type { ApiClient } from '../support/api-client.js';
import type { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';
import { BoardClient } from './board-client.js';
import { Deployment } from './deployment.js';

const CROWD = 10_000;

/** A failed attempt comes back in ten minutes, so that a delayed job stays delayed; refusals are permanent anyway. */
const SETTINGS = {
  EXTRACTION_RATE_MAX: '0',
  EXTRACTION_ATTEMPTS: '2',
  RETRY_BASE_MS: '600000',
  PLATFORM_RETRY_BASE_MS: '1',
  SIGNATURE_DELAY_MS: '0',
};

describe('the dashboard over the ledger', () => {
  let deployment: Deployment;
  let api: RunningApp;
  let worker: RunningApp | undefined;
  let board: BoardClient;
  let admin: ApiClient;

  const rowOf = async (id: string) => (await deployment.database.query('SELECT * FROM jobs WHERE id = $1', [id]))[0];
  const startWorker = async () => (worker = await deployment.process('worker', SETTINGS));
  const endWorker = async () => {
    expect(await worker!.terminate()).toEqual({ code: 0, signal: null });
    worker = undefined;
  };
  const states = async (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await board.job(id)).body.status));

  beforeAll(async () => {
    deployment = await Deployment.start();
    api = await deployment.process('api', SETTINGS);
    board = new BoardClient(api, await deployment.token('operator', { role: 'admin' }));
    admin = await deployment.admin(api);
    await deployment.database.query(`INSERT INTO users (id) VALUES ('crowd')`);
  });
  afterAll(() => deployment.stop());
  beforeEach(() => deployment.spotify.reset());

  describe(`with ${CROWD} waiting jobs`, () => {
    let inOrder: string[];

    beforeAll(async () => {
      await deployment.database.query(
        `INSERT INTO jobs (id, queue, name, user_id, platform, data, priority, trigger, max_attempts, run_at)
         SELECT gen_random_uuid(), 'extraction', 'extract-platform', 'crowd', 'p' || n,
           jsonb_build_object('userId', 'crowd', 'platform', 'p' || n),
           CASE n % 10 WHEN 0 THEN 1 WHEN 1 THEN 10 ELSE 5 END, 'manual', 3, now() - (n * 7919 % 100000) * interval '1 ms'
         FROM generate_series(1, $1::int) AS n`,
        [CROWD],
      );
      const rows = await deployment.database.query(
        `SELECT id FROM jobs WHERE status = 'waiting' ORDER BY priority, run_at, id`,
      );
      inOrder = rows.map(({ id }) => id);
    });

    it('counts them as the statistics do', async () => {
      const { counts } = await board.queue();
      expect(counts).toMatchObject({ waiting: CROWD, active: 0, completed: 0, failed: 0, delayed: 0, paused: 0 });
      expect((await admin.get('/queues/overview')).extraction).toMatchObject({ waiting: CROWD, active: 0 });
    });

    it('pages through them in the order in which they will run, quickly', async () => {
      const took: number[] = [];
      for (const page of [1, 2, 50, 99, 100]) {
        const begun = performance.now();
        const { jobs, pagination } = await board.queue('extraction', 'waiting', page);
        took.push(performance.now() - begun);
        expect(pagination).toMatchObject({ pageCount: CROWD / 100, range: { start: (page - 1) * 100 } });
        expect(jobs.map((job: any) => job.id)).toEqual(inOrder.slice((page - 1) * 100, page * 100));
      }
      console.info(`pages of ${CROWD} waiting jobs took ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
      expect(Math.min(...took)).toBeLessThan(500);
      expect((await board.queue('extraction', 'waiting', 101)).jobs).toEqual([]);
      expect((await board.queue('extraction', 'waiting', 2, 7)).jobs.map((job: any) => job.id)).toEqual(
        inOrder.slice(7, 14),
      );
    });

    it('says that nobody works on them', async () => {
      expect((await board.queue()).hasWorkers).toBe(false);
      expect((await new BoardClient(api, '').call('GET', 'queues')).status).toBe(401);
      expect((await admin.get('/queues/health')).warnings).toContain('No worker takes jobs of extraction');
    });

    it('shows the same jobs as paused while the queue is', async () => {
      await board.order('PUT', 'queues/extraction/pause');
      const { counts, isPaused, jobs } = await board.queue('extraction', 'paused');
      expect([isPaused, counts.paused, counts.waiting]).toEqual([true, CROWD, 0]);
      expect(jobs.map((job: any) => job.id)).toEqual(inOrder.slice(0, 100));
      await board.order('PUT', 'queues/extraction/resume');
    });

    it('cancels them all when the waiting ones are cleaned', async () => {
      // A tenth of them is enough to see it done.
      await deployment.database.query('DELETE FROM jobs WHERE NOT id = ANY($1)', [inOrder.slice(0, CROWD / 10)]);
      await deployment.database.query(`UPDATE jobs SET created_at = now() - interval '1 minute'`);
      const begun = performance.now();
      await board.order('PUT', 'queues/extraction/clean/waiting');
      console.info(`cancelling ${CROWD / 10} waiting jobs took ${((performance.now() - begun) / 1000).toFixed(1)} s`);
      expect(await deployment.extractions()).toEqual({ cancelled: CROWD / 10 });
      expect((await board.queue()).counts.waiting).toBe(0);
      expect(await (await deployment.client(api, 'crowd')).typesOfEvents()).toEqual(
        inOrder.slice(0, CROWD / 10).map(() => 'extraction_cancelled'),
      );
      await deployment.database.query('DELETE FROM jobs');
    });
  });

  describe('with jobs in every state', () => {
    beforeAll(async () => {
      // Nobody runs the active ones and renews their leases, so they have none that could end.
      await deployment.database.query(
        `INSERT INTO jobs (id, queue, name, user_id, platform, data, priority, trigger, max_attempts, run_at, status, created_at, started_at,
           finished_at, attempts_made, progress, items, checkpoint, result, error_code, error_message, error_stack)
         SELECT gen_random_uuid(), queue, CASE queue WHEN 'extraction' THEN 'extract-platform' ELSE 'build-signature' END, 'crowd',
           CASE queue WHEN 'extraction' THEN state || n END,
           jsonb_strip_nulls(jsonb_build_object('userId', 'crowd', 'platform', CASE queue WHEN 'extraction' THEN state || n END)), 5, 'manual', 3, now() + CASE state WHEN 'delayed' THEN interval '1 h' ELSE '0' END,
           CASE state WHEN 'delayed' THEN 'waiting' ELSE state END, now() - interval '1 h', now() - interval '50 min',
           CASE WHEN state IN ('completed', 'failed', 'cancelled', 'expired') THEN now() - interval '40 min' END,
           2, 57, 12, '{"section": "plays"}', CASE state WHEN 'completed' THEN '{"items": 12}'::jsonb END,
           CASE state WHEN 'failed' THEN 'PLATFORM_REFUSED' END, CASE state WHEN 'failed' THEN 'It said no, ' || n END,
           CASE state WHEN 'failed' THEN 'Error: It said no' || chr(10) || '    at extract (spotify.js:1:1)' END
         FROM (VALUES ('completed', 130), ('failed', 23), ('active', 4), ('delayed', 17), ('cancelled', 3), ('expired', 2)) AS wanted (state, count),
           unnest(ARRAY['extraction', 'soul-signature']) AS queue, generate_series(1, count) AS n
         WHERE queue = 'extraction' OR state <> 'delayed'`,
      );
    });
    afterAll(() => deployment.database.query('DELETE FROM jobs'));

    it.each(['extraction', 'soul-signature'])('lists what is in %s, state by state', async (name) => {
      for (const state of ['active', 'completed', 'failed', 'delayed', 'waiting', 'paused']) {
        const rows = await deployment.database.query(
          `SELECT id FROM jobs WHERE queue = $1 AND status = CASE $2 WHEN 'delayed' THEN 'waiting' WHEN 'waiting' THEN 'none' ELSE $2 END
           ORDER BY id DESC`,
          [name, state],
        );
        const pages = await Promise.all([1, 2].map((page) => board.queue(name, state, page)));
        expect(pages[0].counts[state]).toBe(rows.length);
        expect(pages.flatMap(({ jobs }) => jobs.map((job: any) => job.id))).toEqual(rows.map(({ id }) => id));
      }
      expect((await board.queue(name)).jobs).toHaveLength(100);
    });

    it('shows a failed job with what is known of it', async () => {
      const [row] = await deployment.database.query(
        `SELECT * FROM jobs WHERE status = 'failed' AND queue = 'extraction'`,
      );
      const { body } = await board.job(row.id);
      expect(body.status).toBe('failed');
      expect(body.job).toMatchObject({
        id: row.id,
        name: 'extract-platform',
        isFailed: true,
        failedReason: row.error_message,
        stacktrace: [row.error_stack],
        attempts: 2,
        progress: 57,
        timestamp: row.created_at.getTime(),
        processedOn: row.started_at.getTime(),
        finishedOn: row.finished_at.getTime(),
        opts: { attempts: 3, priority: 5 },
        data: { userId: 'crowd', platform: row.platform, trigger: 'manual', checkpoint: { section: 'plays' } },
      });
      expect(await board.logs(row.id)).toEqual([
        `${row.created_at.toISOString()} queued (manual) for crowd with priority 5`,
        `${row.started_at.toISOString()} first started; 0 claims, 0 dispatches so far`,
        `${row.finished_at.toISOString()} failed after 2 of 3 attempts, 12 items`,
        `last error: PLATFORM_REFUSED ${row.error_message}`,
      ]);
    });

    it('finds a job only in its own queue, and nothing by a name that is no id', async () => {
      const [{ id }] = await deployment.database.query(`SELECT id FROM jobs WHERE queue = 'extraction' LIMIT 1`);
      const answers = await Promise.all([
        board.job(id, 'soul-signature'),
        board.job('00000000-0000-7000-8000-000000000000'),
        board.job(encodeURIComponent(`' OR true --`)),
        board.job(id, 'no-queue'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
      expect(await board.logs(id, 'soul-signature')).toEqual([]);
    });

    it.each<readonly [string, string, string, object | undefined]>([
      ['adding a job', 'POST', 'queues/extraction/add', { name: 'extract-platform', data: {}, options: {} }],
      ['editing its data', 'PATCH', 'queues/extraction/JOB/update-data', { jobData: { userId: 'other' } }],
      ['editing its delay', 'PATCH', 'queues/extraction/JOB/delay', { runAt: 1 }],
      ['editing its priority', 'PATCH', 'queues/extraction/JOB/priority', { priority: 1 }],
      ['emptying', 'PUT', 'queues/extraction/empty', undefined],
      ['obliterating', 'PUT', 'queues/extraction/obliterate', { force: true }],
      ['setting the concurrency', 'PUT', 'queues/extraction/concurrency', { concurrency: 1 }],
      ['setting a limit', 'PUT', 'queues/extraction/rate-limit', { max: 1, duration: 1_000 }],
      ['cleaning running jobs', 'PUT', 'queues/extraction/clean/active', undefined],
      ['removing a running job', 'PUT', 'queues/extraction/ACTIVE/clean', undefined],
      ['retrying a completed job', 'PUT', 'queues/extraction/COMPLETED/retry', undefined],
      ['retrying all completed jobs', 'PUT', 'queues/extraction/retry/completed', undefined],
      ['retrying a running job', 'PUT', 'queues/extraction/ACTIVE/retry', undefined],
    ])('refuses %s', async (_, method, path, body) => {
      const some = async (status: string) =>
        (
          await deployment.database.query(
            `SELECT id FROM jobs WHERE queue = 'extraction' AND status = $1 ORDER BY id LIMIT 1`,
            [status],
          )
        )[0].id;
      const everything = 'SELECT to_jsonb(jobs) AS job FROM jobs ORDER BY id';
      const before = await deployment.database.query(everything);
      // Bull Board obliterates paused queues only.
      await admin.post('/queues/extraction/pause');
      const address = path
        .replace('JOB', await some('waiting'))
        .replace('ACTIVE', await some('active'))
        .replace('COMPLETED', await some('completed'));
      const answer = await board.call(method, address, body);
      await admin.post('/queues/extraction/resume');
      expect([400, 405, 409]).toContain(answer.status);
      expect(JSON.stringify(answer.body)).toMatch(/\w+/);
      expect(await deployment.database.query(everything)).toEqual(before);
    });

    it('cleans completed and failed jobs, except the newest few seconds', async () => {
      await deployment.database.query(
        `UPDATE jobs SET finished_at = now() WHERE id = (SELECT id FROM jobs WHERE queue = 'extraction' AND status = 'failed' LIMIT 1)`,
      );
      await board.order('PUT', 'queues/extraction/clean/completed');
      await board.order('PUT', 'queues/extraction/clean/failed');
      expect(await deployment.extractions()).toEqual({ failed: 1, active: 4, waiting: 17, cancelled: 3, expired: 2 });
      expect((await board.queue('soul-signature')).counts).toMatchObject({ completed: 130, failed: 23 });
    });
  });

  describe('with a worker', () => {
    const people: ApiClient[] = [];
    const failed: string[] = [];
    let delayed: string;
    let snoozed: string;

    /** The extraction of a new person, in the state that the sandbox brings it into. */
    const connect = async (persona = 'newcomer') => {
      const person = await deployment.client(api, `person-${people.length}`);
      people.push(person);
      return (await person.connect(persona)).jobId;
    };
    const inState = (id: string, state: string) =>
      until(`job ${id} to be ${state}`, async () => (await board.job(id)).body.status === state);

    beforeAll(async () => {
      await startWorker();
      await deployment.spotify.addFault({ path: '/v1/me', status: 400, message: 'The sandbox was told to refuse.' });
      for (let i = 0; i < 5; i++) failed.push(await connect());
      for (const id of failed) await inState(id, 'failed');
      await deployment.spotify.reset();
      await deployment.spotify.addFault({ path: '/v1/me', status: 503, times: 8 });
      await inState((delayed = await connect()), 'delayed');
      await deployment.spotify.reset();
      await deployment.spotify.addFault({ path: '/v1/me', status: 429, retryAfter: 1_800, times: 1 });
      snoozed = await connect();
      await until('Spotify to ask for patience', async () => /^429 /.test((await rowOf(snoozed)).error_message));
      // Spotify limits the whole app, so that answer stops everybody; here it is to stop this job alone, and this job first.
      await deployment.database.query('UPDATE jobs SET run_at = snoozed_until WHERE id = $1', [snoozed]);
      await deployment.database.query('DELETE FROM request_budgets');
      await deployment.database.query('DELETE FROM queue_lines');
    });

    it('says that somebody works', async () => {
      expect((await board.queue()).hasWorkers).toBe(true);
      expect((await board.queue('soul-signature')).hasWorkers).toBe(true);
    });

    it('shows why a job failed', async () => {
      const { job } = (await board.job(failed[0]!)).body;
      expect(job).toMatchObject({ isFailed: true, attempts: 1, data: { userId: 'person-0', platform: 'spotify' } });
      expect(job.failedReason).toMatch(/^400 from /);
      expect(job.stacktrace[0]).toContain('PermanentError: 400 from ');
      const logs = await board.logs(failed[0]!);
      expect(logs).toEqual([
        expect.stringMatching(/queued \(connect\) for person-0 with priority 1$/),
        expect.stringMatching(/first started; 1 claims, 1 dispatches so far$/),
        expect.stringMatching(/failed after 1 of 2 attempts, 0 items$/),
        expect.stringContaining(`last error: PLATFORM_REFUSED ${job.failedReason} (to be mended by the operator)`),
      ]);
      expect(JSON.stringify({ job, logs })).not.toMatch(/Bearer|eyJ|code=|state=/);
    });

    it('lets a delayed job run when it is promoted, but not before the time a provider asked for', async () => {
      expect((await board.job(delayed)).body.job.delay).toBeGreaterThan(400_000);
      const asked = (await rowOf(snoozed)).run_at;
      await board.order('PUT', `queues/extraction/${snoozed}/promote`);
      await board.order('PUT', `queues/extraction/${delayed}/promote`);
      await inState(delayed, 'completed');
      expect(await people[5]!.get(`/jobs/${delayed}`)).toMatchObject({ state: 'completed', progress: 100 });
      await board.order('PUT', 'queues/extraction/promote');
      expect(await rowOf(snoozed)).toMatchObject({ status: 'waiting', run_at: asked, claim: 1 });
      expect(await states([snoozed])).toEqual(['delayed']);
    });

    it('makes a failed job waiting when it is retried, and a worker completes it', async () => {
      const [retried = '', removed = '', superseded = ''] = failed;
      await endWorker();
      await board.order('PUT', `queues/extraction/${retried}/retry`);
      expect(await rowOf(retried)).toMatchObject({ status: 'waiting', trigger: 'retry', attempts_made: 0 });
      expect(await states([retried])).toEqual(['waiting']);
      expect((await board.call('PUT', `queues/extraction/${retried}/retry`)).status).toBe(400);

      await board.order('PUT', `queues/extraction/${removed}/clean`);
      expect(await rowOf(removed)).toBeUndefined();
      expect((await people[1]!.call('GET', `/jobs/${removed}`)).status).toBe(404);

      const { jobId: newer } = await people[2]!.post('/extraction/spotify');
      const answer = await board.call('PUT', `queues/extraction/${superseded}/retry`);
      expect([answer.status, JSON.stringify(answer.body)]).toEqual([409, expect.stringContaining('superseded')]);
      expect(await states([superseded])).toEqual(['failed']);

      // A waiting job that is removed is cancelled and stays in its person's history.
      await board.order('PUT', `queues/extraction/${newer}/clean`);
      expect(await people[2]!.get(`/jobs/${newer}`)).toMatchObject({ state: 'cancelled' });

      await startWorker();
      await inState(retried, 'completed');
      expect(await people[0]!.get(`/jobs/${retried}`)).toMatchObject({
        state: 'completed',
        failedReason: null,
        attemptsMade: 1,
      });
      expect((await people[0]!.typesOfEvents()).slice(0, 7)).toEqual([
        'extraction_queued',
        'connection_status',
        'extraction_started',
        'extraction_failed',
        'extraction_queued',
        'extraction_started',
        'extraction_completed',
      ]);
    });

    it('retries all failed jobs', async () => {
      expect(await board.order('PUT', 'queues/extraction/retry/failed')).toEqual({ retried: 3, skipped: 0 });
      for (const id of failed.slice(2)) await inState(id, 'completed');
      expect((await board.queue()).counts.failed).toBe(0);
    });

    it('pauses and resumes one truth with the API', async () => {
      await board.order('PUT', 'queues/pause');
      const { jobId } = await people[0]!.post('/extraction/spotify');
      expect(await states([jobId])).toEqual(['paused']);
      expect(await people[0]!.get(`/jobs/${jobId}`)).toMatchObject({ state: 'paused' });
      expect((await admin.get('/queues/overview')).extraction.paused).toBe(1);
      await admin.post('/queues/extraction/resume');
      await inState(jobId, 'completed');
      expect((await board.queue()).isPaused).toBe(false);
      expect((await board.queue('soul-signature')).isPaused).toBe(true);
      await board.order('PUT', 'queues/resume');
      expect((await board.queue('soul-signature')).isPaused).toBe(false);
    });

    it('shows what Redis says of itself', async () => {
      expect(await board.order('GET', 'redis/stats')).toMatchObject({ version: expect.stringMatching(/^\d+\./) });
    });
  });
});
