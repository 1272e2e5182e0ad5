import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../support/postgres-server.js';
import { describeQueueContract } from './queue-contract.js';

async function queueModules() {
  const { QueueModule } = await import('../../src/queues/queue.module.js');
  return [QueueModule.forRoot({ redis: false, parts: { api: true, work: true } })];
}

describeQueueContract('the synchronous queue, on the embedded PostgreSQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  return Promise.resolve({
    environment: { DATA_DIR: folder },
    queueModules,
    stop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  });
});

describeQueueContract('the synchronous queue, on a PostgreSQL server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const server = await PostgresServer.start();
  const database = await server.createDatabase();
  return {
    environment: { DATA_DIR: folder, DATABASE_URL: database.url },
    queueModules,
    stop: async () => {
      await database.drop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
