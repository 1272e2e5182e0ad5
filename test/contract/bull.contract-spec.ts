import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { describeQueueContract } from './queue-contract.js';

async function queueModules() {
  const { config } = await import('../../src/config/config.module.js');
  const { QueueModule } = await import('../../src/queues/queue.module.js');
  const { RedisModule } = await import('../../src/redis/redis.module.js');
  if (!config.redis) throw new Error('REDIS_URL is not set');
  return [RedisModule.forRoot(config.redis), QueueModule.forRoot({ redis: true, parts: { api: false, work: true } })];
}

describeQueueContract('Bull on Redis, on the embedded PostgreSQL', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const redis = await RedisServer.start();
  return {
    environment: { DATA_DIR: folder, REDIS_URL: redis.url },
    queueModules,
    stop: async () => {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describeQueueContract('Bull on Redis, on a PostgreSQL server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const redis = await RedisServer.start();
  const server = await PostgresServer.start();
  const database = await server.createDatabase();
  return {
    environment: { DATA_DIR: folder, DATABASE_URL: database.url, REDIS_URL: redis.url },
    queueModules,
    stop: async () => {
      await database.drop();
      await server.stop();
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
