import '../support/own-data-folder.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { QUEUE_NAMES } from '../../src/queues/jobs.js';
import { ApiClient, decide } from '../support/api-client.js';
import type { RunningApp } from '../support/running-app.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { BoardClient } from './board-client.js';
import { Deployment } from './deployment.js';

/** Promised are 600 ms for a request; the tests' machine may be busy with other things. */
const REQUEST_MS = 3_000;

/** How much longer a start may take without Redis. */
const READY_LATER_MS = 5_000;

/** The longest shutdown. */
const END_MS = 10_000;

/** Few slots, so that much waits while something is done to Redis. */
const SETTINGS = { EXTRACTION_RATE_MAX: '0', EXTRACTION_CONCURRENCY: '4', SIGNATURE_DELAY_MS: '0' };

describe('a process whose Redis goes and comes', () => {
  let deployment: Deployment;
  let app: RunningApp;
  let anybody: ApiClient;
  let board: BoardClient;
  let count = 0;

  /** New people who are about to come back from the platform. */
  const comers = (number: number) =>
    Promise.all(
      Array.from({ length: number }, async () => {
        const person = await deployment.client(app, `person-${count++}`);
        const { authorizationUrl } = await person.authorize();
        return { person, answer: await decide(authorizationUrl, 'newcomer') };
      }),
    );

  /** How long it took, in milliseconds, and what came of it. */
  const timed = async <Result>(act: () => Promise<Result>): Promise<[number, Result]> => {
    const begun = performance.now();
    const result = await act();
    return [performance.now() - begun, result];
  };

  const allCompleted = async (limitMs = PATIENCE_MS) => {
    await until(
      'all extractions to be completed',
      async () => Object.keys(await deployment.extractions()).join() === 'completed',
      { limitMs, everyMs: 200 },
    );
    const [{ doubled }] = await deployment.database.query(
      `SELECT count(*)::int AS doubled FROM (SELECT payload->>'jobId' FROM events WHERE type IN ('extraction_completed', 'extraction_failed')
         GROUP BY 1 HAVING count(*) > 1) AS jobs`,
    );
    expect(doubled).toBe(0);
  };

  const healthy = () =>
    until('the queues to be healthy', async () => (await anybody.call('GET', '/queues/health')).status === 200);

  beforeAll(async () => {
    deployment = await Deployment.start({ env: SETTINGS });
    app = await deployment.process('all');
    anybody = new ApiClient(app);
    board = new BoardClient(app, await deployment.token('operator', { role: 'admin' }));
    await app.terminate();
    const [withRedisMs] = await timed(() => app.startAgain());
    await app.terminate();
    await deployment.redis.kill();
    const [withoutMs] = await timed(() => app.startAgain());
    const seconds = [withRedisMs, withoutMs].map((ms) => (ms / 1000).toFixed(1));
    console.info(`ready ${seconds[0]} s after a start with Redis, ${seconds[1]} s after one without`);
    expect(withoutMs).toBeLessThan(2 * withRedisMs + READY_LATER_MS);
  });
  afterAll(() => deployment.stop());

  describe('away since the start', () => {
    const jobIds: string[] = [];

    it('says that it is away, and why, and that nothing is lost', async () => {
      const { status, headers, body } = await anybody.call('GET', '/queues/health');
      expect([status, body.error.code, headers.get('retry-after')]).toEqual([503, 'QUEUES_UNAVAILABLE', '5']);
      expect(body.error.message).toMatch(/^Redis does not answer \(.+\)\. Jobs are kept/);
      expect(body.error.details).toEqual({ available: false, queues: QUEUE_NAMES });
      expect(await anybody.get('/queues/stats')).toMatchObject({ available: false, extraction: { waiting: 0 } });
      expect((await (await fetch(`${app.url}/metrics`)).text()).includes('soul_redis_up 0')).toBe(true);
      expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    });

    it('accepts callbacks at once', async () => {
      const took: number[] = [];
      for (const { person, answer } of await comers(20)) {
        const [tookMs, { jobId, queued }] = await timed(() => person.callback(answer));
        took.push(tookMs);
        expect(queued).toBe(true);
        jobIds.push(jobId);
      }
      took.sort((a, b) => a - b);
      console.info(`callbacks without Redis: median ${took[10]!.toFixed(0)} ms, slowest ${took[19]!.toFixed(0)} ms`);
      expect(took[19]).toBeLessThan(REQUEST_MS);
      expect(await deployment.extractions()).toEqual({ waiting: 20 });
      await until('counts of now', async () => (await anybody.get('/queues/stats')).extraction.waiting === 20);
    });

    it('shows the jobs on the dashboard all the same', async () => {
      const [tookMs, { jobs, counts, hasWorkers, isPaused }] = await timed(() => board.queue('extraction', 'waiting'));
      expect(tookMs).toBeLessThan(REQUEST_MS);
      expect(jobs.map((job: any) => job.id).sort()).toEqual([...jobIds].sort());
      expect([counts.waiting, hasWorkers, isPaused]).toEqual([20, null, false]);
      expect((await board.call('GET', 'queues/extraction/workers')).body).toEqual({ workers: null });
      expect((await board.call('GET', 'redis/stats')).status).toBe(500);
    });

    it('says it on the log once, not with every try', () => {
      expect(app.lines.filter((line) => line.includes('is away')).length).toBeLessThanOrEqual(6);
    });

    it('ends in order without having seen it', async () => {
      const [tookMs, ending] = await timed(() => app.terminate());
      console.info(`ended ${(tookMs / 1000).toFixed(1)} s after SIGTERM, without Redis`);
      expect(ending).toEqual({ code: 0, signal: null });
      expect(tookMs).toBeLessThan(END_MS);
      await app.startAgain();
    });

    it('runs the jobs when it comes, and is healthy again', async () => {
      await sleep(2_000); // Some hints are tried in vain.
      await deployment.redis.startAgain();
      await healthy();
      expect(await anybody.get('/queues/health')).toEqual({
        available: true,
        queues: QUEUE_NAMES,
        message: 'Queues operational',
        warnings: [],
      });
      await allCompleted();
      await until('counts of now', async () => (await anybody.get('/queues/stats')).extraction.completed === 20);
      expect(await anybody.get('/queues/stats')).toMatchObject({ available: true });
      expect((await (await fetch(`${app.url}/metrics`)).text()).includes('soul_redis_up 1')).toBe(true);
      expect((await board.queue()).hasWorkers).toBe(true);
    });
  });

  it('answers while Redis is frozen, and does everything when it thaws', async () => {
    const waiting = await comers(12);
    deployment.redis.signal('SIGSTOP');
    const took: number[] = [];
    try {
      const end = Date.now() + 5_000;
      while (Date.now() < end) {
        const next = waiting.pop();
        const asked: (() => Promise<unknown>)[] = [
          () => anybody.call('GET', '/queues/health'),
          () => anybody.get('/queues/stats'),
          () => board.call('GET', 'queues?activeQueue=extraction&status=waiting'),
          () => fetch(`${app.url}/metrics`).then((answer) => answer.text()),
          () => fetch(`${app.url}/health/ready`),
          ...(next ? [() => next.person.callback(next.answer), () => next.person.get('/connectors/status')] : []),
        ];
        for (const [tookMs] of await Promise.all(asked.map(timed))) took.push(tookMs);
      }
      expect((await anybody.call('GET', '/queues/health')).status).toBe(503);
      expect((await board.queue('extraction', 'waiting')).hasWorkers).toBeNull();
    } finally {
      deployment.redis.signal('SIGCONT');
    }
    console.info(
      `${took.length} requests to a process whose Redis is frozen: slowest ${Math.max(...took).toFixed(0)} ms`,
    );
    expect(Math.max(...took)).toBeLessThan(REQUEST_MS);
    await Promise.all(waiting.map(({ person, answer }) => person.callback(answer)));
    await healthy();
    await allCompleted();
  });

  it('ends in order while Redis is frozen, and hands back what it was doing', async () => {
    await deployment.spotify.addFault({ path: '/v1/me', latencyMs: 4_000, times: 4 });
    const ids = await Promise.all(
      (await comers(4)).map(async ({ person, answer }) => (await person.callback(answer)).jobId),
    );
    const active = async () =>
      (await deployment.database.query(`SELECT FROM jobs WHERE id = ANY($1) AND status = 'active'`, [ids])).length;
    await until('the jobs to run', async () => (await active()) === ids.length);
    deployment.redis.signal('SIGSTOP');
    const [tookMs, ending] = await timed(() => app.terminate());
    deployment.redis.signal('SIGCONT');
    console.info(`ended ${(tookMs / 1000).toFixed(1)} s after SIGTERM, with a frozen Redis and 4 jobs under way`);
    expect(ending).toEqual({ code: 0, signal: null });
    expect(await active()).toBe(0);
    expect(tookMs).toBeLessThan(END_MS + 4_000);
    await app.startAgain();
    await allCompleted();
  });

  it('is not harmed by what others publish on its channel', async () => {
    const redis = new Redis(deployment.redis.url);
    const heard = [];
    for (const text of ['not JSON', '{"from":"x","userId":"person-0","event":"none"}', '{"userId":1}']) {
      heard.push(await redis.publish('soul:doorbell', text));
    }
    redis.disconnect();
    expect(heard).toEqual([1, 1, 1]);
    await sleep(500);
    expect(app.isRunning).toBe(true);
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
  });
});
