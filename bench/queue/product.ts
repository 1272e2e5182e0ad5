/** Our queues as the product has them, with a handler that does nothing. */
import 'reflect-metadata';
import { Process, Processor } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { User } from '../../src/auth/user.entity.js';
import { config, ConfigModule } from '../../src/config/config.module.js';
import { Database } from '../../src/database/database.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { Job } from '../../src/queues/job.entity.js';
import { JobLedger } from '../../src/queues/job-ledger.js';
import { JobObservers } from '../../src/queues/job-observers.js';
import { JobRunner, type BullJob } from '../../src/queues/job-runner.js';
import { QueueModule } from '../../src/queues/queue.module.js';
import { QueuePause } from '../../src/queues/queue-pause.js';
import { EventLog } from '../../src/realtime/event-log.js';
import { RealtimeModule } from '../../src/realtime/realtime.module.js';
import { RedisModule } from '../../src/redis/redis.module.js';
import { Finish, onLanes, serve, SLOTS } from './round.js';

const parts = { api: false, work: true };

@Processor('extraction')
class Extraction {
  constructor(private readonly runner: JobRunner) {}

  @Process({ name: 'extract-platform', concurrency: SLOTS })
  extractPlatform(job: BullJob<'extract-platform'>) {
    return this.runner.run(job, () => Promise.resolve({ items: 0 }));
  }
}

@Processor('soul-signature')
class SoulSignature {
  constructor(private readonly runner: JobRunner) {}

  @Process({ name: 'build-signature', concurrency: 1 })
  buildSignature(job: BullJob<'build-signature'>) {
    return this.runner.run(job, () => Promise.resolve({ version: 1, changed: true }));
  }
}

if (!config.redis) throw new Error('REDIS_URL is not set');

@Module({
  imports: [
    ConfigModule,
    DatabaseModule.forRoot(config, [User, Job]),
    RedisModule.forRoot(config.redis),
    RealtimeModule.forRoot(parts),
    QueueModule.forRoot({ redis: true, parts }),
  ],
  providers: [Extraction, SoulSignature],
})
class Bench {}

const app = await NestFactory.createApplicationContext(Bench, { logger: ['error', 'warn'] });
const [database, ledger, events, pause] = [
  app.get(Database),
  app.get(JobLedger),
  app.get(EventLog),
  app.get(QueuePause),
];
const finish = new Finish();
app.get(JobObservers).register('extract-platform', {
  onTransition: (tx, job, transition) => {
    const of = { jobId: job.id, platform: 'spotify' };
    if (transition.kind === 'queued') events.append(tx, job.userId, 'extraction_queued', of);
    if (transition.kind === 'started') events.append(tx, job.userId, 'extraction_started', { ...of, attempt: 1 });
    if (transition.kind === 'completed') {
      events.append(tx, job.userId, 'extraction_completed', { ...of, itemsExtracted: 0, warnings: [] });
      tx.afterCommit(() => finish.one());
    }
    return Promise.resolve();
  },
});

const enqueue = (index: number) =>
  database.transaction((tx) =>
    ledger.enqueue(tx, 'extract-platform', { userId: `person-${index}`, platform: 'spotify' }, { trigger: 'manual' }),
  );

serve({
  life: (jobs) => finish.after(jobs, enqueue),
  async enqueue(jobs) {
    await pause.pause('extraction');
    const began = performance.now();
    await onLanes(jobs, enqueue);
    const ms = performance.now() - began;
    await database.query(`DELETE FROM jobs WHERE status = 'waiting'`);
    await pause.resume('extraction');
    return ms;
  },
});
