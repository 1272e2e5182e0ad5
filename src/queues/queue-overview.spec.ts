import '../../test/support/own-data-folder.js';
import { RedisClients } from '../redis/redis-clients.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { until } from '../../test/support/until.js';
import type { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobCounts } from './job-counts.js';
import { JobQueries } from './job-queries.js';
import { JobSignals } from './job-signals.js';
import { QUEUE_NAMES } from './jobs.js';
import type { QueueDriver } from './queue-driver.js';
import { QueueOverview } from './queue-overview.js';

describe('The overview of the queues', () => {
  let opened: OpenDatabase;
  let database: Database;

  const overviewOn = (driver: Pick<QueueDriver, 'synchronous'>, redis?: RedisClients) =>
    new QueueOverview(
      database,
      new JobQueries(database, new JobSignals()),
      new JobCounts(database, new Housekeeping(database)),
      driver as QueueDriver,
      redis,
    );

  /** Jobs that have ended, as many minutes ago. */
  const ended = (count: number, status: string, minutesAgo: number, code: string | null = null) =>
    database.query(
      `INSERT INTO jobs (id, name, queue, user_id, data, priority, trigger, status, max_attempts, run_at, error_code, finished_at)
       SELECT gen_random_uuid(), 'extract-platform', 'extraction', 'ana', '{}', 5, 'manual', $2, 3, now(), $4,
         now() - $3 * interval '1 minute' FROM generate_series(1, $1)`,
      [count, status, minutesAgo, code],
    );

  beforeAll(async () => {
    opened = await openDatabase();
    database = opened.database;
    await database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });
  afterAll(() => opened.close());

  it('counts the ended of a minute and of an hour, and failures by their code', async () => {
    await ended(3, 'completed', 0.2);
    await ended(4, 'completed', 30);
    await ended(50, 'completed', 90);
    await ended(8, 'failed', 10, 'PLATFORM_UNAVAILABLE');
    await ended(4, 'failed', 0.1, 'TIMEOUT');
    const { queues, failures, extraction } = await overviewOn({ synchronous: true }).show();
    expect(queues.find(({ name }) => name === 'extraction')).toMatchObject({
      completed: { lastMinute: 3, lastHour: 7 },
      failed: { lastMinute: 4, lastHour: 12 },
    });
    expect(failures).toEqual([
      { queue: 'extraction', code: 'PLATFORM_UNAVAILABLE', lastHour: 8 },
      { queue: 'extraction', code: 'TIMEOUT', lastHour: 4 },
    ]);
    expect(extraction).toMatchObject({ completed: 57, failed: 12 });
  });

  it('names what should be looked at, and nothing else', async () => {
    await database.query(
      `INSERT INTO workers (id, queue, slots, seen_at)
       SELECT gen_random_uuid(), queue, 10, now() - CASE queue WHEN 'soul-signature' THEN interval '1 minute' ELSE '0' END
       FROM unnest($1::text[]) AS queue`,
      [QUEUE_NAMES],
    );
    await database.query(`INSERT INTO queues (name, paused_at) VALUES ('soul-signature', now())`);
    const { alerts, workers } = await overviewOn({ synchronous: true }).show();
    expect(alerts.map(({ code, queue }) => `${code} ${queue}`)).toEqual([
      'MANY_FAILURES extraction',
      'NO_WORKER soul-signature',
      'PAUSED soul-signature',
    ]);
    const living = QUEUE_NAMES.filter((queue) => queue !== 'soul-signature');
    expect(workers.map(({ queue, slots }) => [queue, slots]).sort()).toEqual(living.map((queue) => [queue, 10]).sort());
  });

  it('shows the budgets that their module gives it, and none without one', async () => {
    const overview = overviewOn({ synchronous: true });
    expect((await overview.show()).budgets).toEqual([]);
    const spotify = { key: 'spotify', aheadMs: 4_000, blockedUntil: null };
    overview.registerBudgets(() => Promise.resolve([spotify]));
    expect((await overview.show()).budgets).toEqual([spotify]);
  });

  it('leads to the dashboard where there is one', async () => {
    expect((await overviewOn({ synchronous: true }).show()).dashboard).toBeNull();
    expect((await overviewOn({ synchronous: false }).show()).dashboard).toBe('/api/queues/dashboard');
  });

  it('tells the memory and the policy of Redis, and what is wrong with them', async () => {
    expect((await overviewOn({ synchronous: true }).show()).redis).toBeNull();
    const server = await RedisServer.start(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    const clients = new RedisClients({ urls: [server.url], prefix: 'overview' });
    try {
      const show = async () => {
        const { redis, alerts } = await overviewOn({ synchronous: false }, clients).show();
        return { redis, alerts: alerts.filter(({ queue }) => queue === null).map(({ code }) => code) };
      };
      const client = clients.get('client');
      await until('Redis to take commands', () => clients.ping().then(() => true));
      expect(await show()).toEqual({
        redis: { up: true, usedBytes: expect.any(Number), maxBytes: 100 * 1024 * 1024, policy: 'allkeys-lru' },
        alerts: ['REDIS_EVICTS'],
      });
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      expect((await show()).alerts).toEqual([]);
      const { used } = await clients.memory();
      await client.config('SET', 'maxmemory', Math.ceil(used / 0.85));
      expect((await show()).alerts).toEqual(['REDIS_MEMORY']);
      await client.config('SET', 'maxmemory', 0);
      expect((await show()).alerts).toEqual([]);
      await server.kill();
      await until('its absence to be seen', async () => (await show()).redis?.up === false);
      expect((await show()).alerts).toEqual(['REDIS_AWAY']);
    } finally {
      clients.close();
      await server.stop();
    }
  });
});
