import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { copyEmbeddedDatabase } from '../support/embedded-database.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import type { DriverUnderTest, Environment } from './probe-app.js';

/** What a process finds in its environment, and what ends it. */
interface Place {
  readonly environment: Environment;
  stop(): Promise<void>;
}

/** An embedded database in a folder of its own. */
export async function embedded(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  await copyEmbeddedDatabase(folder);
  return {
    environment: { DATA_DIR: folder },
    stop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** A database on a PostgreSQL server of its own. */
export async function onServer(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const server = await PostgresServer.start();
  const database = await server.createDatabase();
  return {
    environment: { DATA_DIR: folder, DATABASE_URL: database.url },
    stop: async () => {
      await database.drop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Bull on a Redis of its own. */
export async function bull(database: () => Promise<Place>): Promise<DriverUnderTest> {
  const { environment, stop } = await database();
  const redis = await RedisServer.start();
  return {
    environment: { ...environment, REDIS_URL: redis.url },
    queueModules: async () => {
      const { config } = await import('../../src/config/config.module.js');
      const { QueueModule } = await import('../../src/queues/queue.module.js');
      const { RedisModule } = await import('../../src/redis/redis.module.js');
      if (!config.redis) throw new Error('REDIS_URL is not set');
      return [
        RedisModule.forRoot(config.redis),
        QueueModule.forRoot({ redis: true, parts: { api: false, work: true } }),
      ];
    },
    stop: async () => {
      await stop();
      await redis.stop();
    },
  };
}

/** The synchronous queue, without any server but the database's. */
export async function synchronous(database: () => Promise<Place>): Promise<DriverUnderTest> {
  const place = await database();
  return {
    ...place,
    queueModules: async () => {
      const { AdminActions } = await import('../../src/auth/admin-actions.js');
      const { QueueModule } = await import('../../src/queues/queue.module.js');
      // Its routes are there, but nobody asks them.
      const operators: DynamicModule = {
        module: class Operators {},
        global: true,
        providers: [{ provide: AdminActions, useValue: {} }],
        exports: [AdminActions],
      };
      return [operators, QueueModule.forRoot({ redis: false, parts: { api: true, work: true } })];
    },
  };
}
