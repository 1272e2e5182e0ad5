import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment } from '../production/deployment.js';
import { ApiClient, decide } from '../support/api-client.js';
import { randomOf } from '../support/planted-users.js';
import type { RunningApp } from '../support/running-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

const SETTINGS = { EXTRACTION_RATE_MAX: '0', SIGNATURE_DELAY_MS: '0' };

/** What a request may take at most; promised are 600 ms and 1 s, on a machine that does nothing else. */
const CALLBACK_MS = 3_000;
const REQUEST_MS = 3_000;

describe('people who connect while Redis', () => {
  let deployment: Deployment;
  let proxy: TcpProxy;
  let app: RunningApp;
  let other: RunningApp;
  let count = 0;

  beforeAll(async () => {
    deployment = await Deployment.start({
      env: SETTINGS,
      redis: ['--maxmemory', '12mb', '--maxmemory-policy', 'noeviction'],
    });
    proxy = await TcpProxy.start(new URL(deployment.redis.url));
    const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    [app, other] = await Promise.all([deployment.process('all', env), deployment.process('api', env)]);
  });
  afterAll(async () => {
    await deployment.stop();
    await proxy.refuse();
  });

  /** New people who are about to come back from the platform. */
  const comers = (number: number) =>
    Promise.all(
      Array.from({ length: number }, async () => {
        const person = await deployment.client(app, `person-${count++}`);
        const { authorizationUrl } = await person.authorize();
        return { person, answer: await decide(authorizationUrl, 'newcomer') };
      }),
    );

  const timed = async (act: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await act();
    return performance.now() - begun;
  };

  const health = async () => new ApiClient(app).call('GET', '/queues/health');
  const healthy = () => until('the queues to be healthy', async () => (await health()).status === 200);

  /** Everything accepted is completed, with one event for its end. */
  const expectAllDone = async (people: number) => {
    await until(
      'all extractions to be completed',
      async () => Object.keys(await deployment.extractions()).join() === 'completed',
      { everyMs: 200 },
    );
    expect(await deployment.extractions()).toEqual({ completed: people });
    const [{ ends, once }] = await deployment.database.query(
      `SELECT count(*)::int AS ends, count(DISTINCT payload->>'jobId')::int AS once FROM events
       WHERE type IN ('extraction_completed', 'extraction_failed')`,
    );
    expect([ends, once]).toEqual([people, people]);
  };

  it.each(SEEDS)(
    'refuses connections are answered at once, and their jobs are done afterwards (R5, seed %d)',
    async (seed) => {
      const random = randomOf(seed);
      const waiting = await comers(inFull(100, 20));
      await proxy.refuse();
      const pauseMs = inFull(30_000, 5_000) / waiting.length;
      const took: number[] = [];
      for (const { person, answer } of waiting) {
        took.push(await timed(() => person.callback(answer)));
        await sleep(Math.max(0, 2 * pauseMs * random() - took.at(-1)!));
      }
      const refused = await health();
      await proxy.open();
      took.sort((a, b) => a - b);
      const p99 = took[Math.ceil(0.99 * took.length) - 1]!;
      console.info(
        `${took.length} callbacks without Redis: median ${took[took.length >> 1]!.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
      );
      expect([refused.status, refused.body.error.code]).toEqual([503, 'QUEUES_UNAVAILABLE']);
      await healthy();
      await expectAllDone(count);
      expect(p99).toBeLessThan(CALLBACK_MS);
    },
  );

  it.each(SEEDS)('is frozen get their answers, and nothing is done twice when it thaws (R6, seed %d)', async (seed) => {
    const random = randomOf(seed);
    const waiting = await comers(24);
    await Promise.all(waiting.splice(0, 12).map(({ person, answer }) => person.callback(answer)));
    await sleep(200 * random());
    deployment.redis.signal('SIGSTOP');
    const took: number[] = [];
    try {
      for (const end = Date.now() + inFull(20_000, 6_000); Date.now() < end || waiting.length > 0;) {
        const [next, another] = waiting.splice(0, 2);
        const requests: (() => Promise<unknown>)[] = [
          health,
          () => new ApiClient(other).get('/queues/stats'),
          () => fetch(`${app.url}/health/ready`),
          ...(another ? [() => another.person.callback(another.answer)] : []),
          ...(next ? [() => next.person.callback(next.answer), () => next.person.get('/connectors/status')] : []),
        ];
        took.push(...(await Promise.all(requests.map(timed))));
        await sleep(100 * random());
      }
    } finally {
      deployment.redis.signal('SIGCONT');
    }
    console.info(`${took.length} requests beside a frozen Redis: slowest ${Math.max(...took).toFixed(0)} ms`);
    await healthy();
    await expectAllDone(count);
    expect(Math.max(...took)).toBeLessThan(REQUEST_MS);
  });

  it('is full are accepted, the health says why, and it recovers by itself (R8)', async () => {
    const waiting = await comers(20);
    const makeRoom = await deployment.redis.fill();
    await until('the health to report what is wrong', async () => {
      const answer = await health();
      return answer.status === 503 && /OOM|maxmemory/.test(answer.body.error.message);
    });
    for (const { person, answer } of waiting) expect((await person.callback(answer)).queued).toBe(true);
    await makeRoom();
    await healthy();
    await expectAllDone(count);
  });

  it('works: asking a hundred times at once for one extraction makes one job (R21)', async () => {
    const [{ person, answer } = { person: undefined, answer: {} }] = await comers(1);
    const { jobId } = await person!.callback(answer);
    await person!.endOf(jobId);
    await deployment.spotify.addFault({ path: '/v1/me', latencyMs: 8_000, times: 1 });
    const elsewhere = await deployment.client(other, person!.userId);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? person! : elsewhere).call('POST', '/extraction/spotify')),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(100).fill(202));
    const ids = new Set(answers.map(({ body }) => body.data.jobId));
    expect(ids.size).toBe(1);
    await person!.endOf([...ids][0]);
    expect(await deployment.extractions()).toEqual({ completed: count + 1 });
  });
});
