import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Config } from '../../src/config/config.js';
import type { Housekeeping } from '../../src/database/housekeeping.js';
import { LEFT_BEHIND_MS, Uploads } from '../../src/imports/uploads.js';
import { ApiClient } from '../support/api-client.js';
import { historyFile } from '../support/history-rows.js';
import { inFull, SEEDS } from '../support/length.js';
import { randomOf } from '../support/planted-users.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

jest.setTimeout(600_000);

/** Rows of each of the two files; a third of the second file's are those of the first. */
const ROWS = inFull(12_000, 3_000);

/** Lease, sweep, and room for a busy machine. */
const TAKEN_UP_AGAIN_MS = 240_000;

describe('an import in a storm', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let env: Readonly<Record<string, string>>;
  let api: RunningApp;
  let worker: RunningApp;

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([
      RedisServer.start(['--maxmemory-policy', 'noeviction']),
      PostgresServer.start({ durable: true, own: true }),
    ]);
    env = {
      DATABASE_URL: (await postgres.createDatabase()).url,
      REDIS_URL: redis.url,
      JWT_SECRET: randomBytes(32).toString('base64'),
      TOKEN_ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
      EXTRACTION_SCHEDULE: 'off',
    };
    api = await RunningApp.start({ env: { ...env, ROLE: 'api' } });
    worker = await RunningApp.start({ env: { ...env, ROLE: 'worker', SANDBOX: 'false' } });
  });
  afterAll(async () => {
    await worker.stop();
    await api.stop();
    await redis.stop();
    await postgres.stop();
  });

  const files = () => [historyFile(ROWS), historyFile(ROWS, { from: Math.floor((2 * ROWS) / 3) })];

  /** What an import came to, without what differs from one to the next. */
  async function result(person: ApiClient, importId: string) {
    const { state, files, receipt } = await person.get(`/imports/${importId}`);
    const items = await person.all('/extraction/items');
    return { state, files, receipt, items };
  }

  async function undisturbed() {
    const person = await ApiClient.signIn(api);
    const { importId, jobId } = (await person.upload(files())).body.data;
    await person.endOf(jobId, TAKEN_UP_AGAIN_MS);
    return result(person, importId);
  }

  /** Goes on asking through an outage. */
  async function patiently<T>(ask: () => Promise<T>): Promise<T> {
    return until('an answer', async () => ({ answer: await ask() }), { limitMs: TAKEN_UP_AGAIN_MS }).then(
      ({ answer }) => answer,
    );
  }

  it.each(SEEDS)('comes to the same items and receipt, whoever dies (R37, seed %d)', async (seed) => {
    const random = randomOf(seed);
    const expected = await undisturbed();
    expect(expected).toMatchObject({ state: 'completed', receipt: { read: 2 * ROWS } });

    const person = await ApiClient.signIn(api);
    // The api dies while it receives the files: nothing of them is left but what an hour takes away.
    const broken = person.upload(files()).catch(() => undefined);
    await sleep(5 + 60 * random());
    await api.kill();
    await broken;
    await api.startAgain();
    expect(await person.get('/imports')).toEqual([]);

    const { importId, jobId } = (await person.upload(files())).body.data;
    const accepted = () => patiently(async () => (await person.get(`/imports/${importId}`)).receipt.accepted as number);
    const client = new Redis(redis.url);
    for (let death = 0; death < inFull(3, 1); death += 1) {
      // Deaths without any gain between them would make it a poison job.
      const before = await accepted();
      await until('more rows', async () => (await accepted()) > before || (await isOver()), { everyMs: 5 });
      if (await isOver()) break;
      switch (Math.floor(4 * random())) {
        case 0:
          await worker.kill();
          await worker.startAgain();
          break;
        case 1:
          await client.flushall();
          await worker.kill();
          await worker.startAgain();
          break;
        case 2:
          await postgres.crash();
          await sleep(500 * random());
          await postgres.startAgain();
          break;
        default:
          await api.kill();
          await api.startAgain();
      }
    }
    client.disconnect();
    await until('its end', isOver, { limitMs: TAKEN_UP_AGAIN_MS, everyMs: 200 });
    expect(await result(person, importId)).toEqual(expected);

    async function isOver(): Promise<boolean> {
      return ['completed', 'failed'].includes((await patiently(() => person.get(`/jobs/${jobId}`))).state);
    }
  });

  it('leaves nothing of an upload whose process died, an hour later (R37)', async () => {
    const person = await ApiClient.signIn(api);
    const folder = join(api.dataDir, 'uploads');
    const left = () => (existsSync(folder) ? readdirSync(folder).length : 0);
    const before = left();
    const broken = person.upload(files()).catch(() => undefined);
    await until('the upload to come', () => left() > before, { everyMs: 1 });
    await api.kill();
    await broken;
    expect(left()).toBe(before + 1);
    // As the next process does every hour.
    const uploads = new Uploads(
      { imports: { folder } } as Config,
      { also: () => undefined } as unknown as Housekeeping,
    );
    await uploads.clean(new Date());
    expect(left()).toBe(before + 1);
    await uploads.clean(new Date(Date.now() + LEFT_BEHIND_MS));
    expect(left()).toBe(0);
  });
});
