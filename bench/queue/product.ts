/** Our queues as the product has them, with a handler that does nothing. */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Process, Processor } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { User } from '../../src/auth/user.entity.js';
import { config, ConfigModule } from '../../src/config/config.module.js';
import { Database } from '../../src/database/database.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { Job } from '../../src/queues/job.entity.js';
import { Dispatcher } from '../../src/queues/dispatcher.js';
import { DueJobs } from '../../src/queues/due-jobs.js';
import { JobIntake } from '../../src/queues/job-intake.js';
import { JobObservers } from '../../src/queues/job-observers.js';
import { JobRunner, type BullJob } from '../../src/queues/job-runner.js';
import { definitionOf, JOB_NAMES, PRIORITY } from '../../src/queues/jobs.js';
import { QueueModule } from '../../src/queues/queue.module.js';
import { QueuePause } from '../../src/queues/queue-pause.js';
import { EventLog } from '../../src/realtime/event-log.js';
import { RealtimeModule } from '../../src/realtime/realtime.module.js';
import { RedisModule } from '../../src/redis/redis.module.js';
import { Finish, onLanes, serve, SLOTS } from './round.js';

const parts = { api: false, work: true };

/** How long a run takes; nothing, unless asked for. */
const RUN_MS = Number(process.env['RUN_MS'] ?? 0);

const work = (signal: AbortSignal) =>
  RUN_MS === 0 ? Promise.resolve({ items: 0 }) : sleep(RUN_MS, { items: 0 }, { signal });

@Processor('extraction')
class Extraction {
  constructor(private readonly runner: JobRunner) {}

  @Process({ name: 'extract-platform', concurrency: SLOTS })
  extractPlatform(job: BullJob<'extract-platform'>) {
    return this.runner.run(job, ({ signal }) => work(signal));
  }
}

/** The start wants a handler for every job of the table; only extractions are measured. */
const others = JOB_NAMES.filter((name) => name !== 'extract-platform').map((name) => {
  @Processor(definitionOf(name).queue)
  class Other {
    @Process({ name, concurrency: 1 })
    run() {
      throw new Error(`Nothing adds ${name} here`);
    }
  }
  return Other;
});

if (!config.redis) throw new Error('REDIS_URL is not set');

@Module({
  imports: [
    ConfigModule,
    DatabaseModule.forRoot(config, [User, Job]),
    RedisModule.forRoot(config.redis),
    RealtimeModule.forRoot(parts),
    QueueModule.forRoot({ redis: true, parts }),
  ],
  providers: [Extraction, ...others],
})
class Bench {}

const app = await NestFactory.createApplicationContext(Bench, { logger: ['error', 'warn'] });
const [database, intake, events, pause] = [
  app.get(Database),
  app.get(JobIntake),
  app.get(EventLog),
  app.get(QueuePause),
];
if (process.env['DISPATCHER'] === 'off') await app.get(Dispatcher).stop();
const finish = new Finish();
app.get(JobObservers).register('extract-platform', {
  onTransition: (tx, job, transition) => {
    const of = { jobId: job.id, platform: 'spotify' };
    if (transition.kind === 'queued') events.append(tx, job.userId, 'extraction_queued', of);
    if (transition.kind === 'started') events.append(tx, job.userId, 'extraction_started', { ...of, attempt: 1 });
    if (transition.kind === 'completed') {
      events.append(tx, job.userId, 'extraction_completed', { ...of, itemsExtracted: 0, warnings: [], problem: null });
      tx.afterCommit(() => finish.one());
    }
    return Promise.resolve();
  },
});

const of = (index: number) => ({ userId: `person-${index}`, platform: 'spotify' });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

const enqueue = (index: number) =>
  database.transaction((tx) => intake.enqueue(tx, 'extract-platform', of(index), { trigger: 'manual' }));

const enqueueMany = (jobs: number) =>
  database.transaction((tx) =>
    intake.enqueueMany(
      tx,
      'extract-platform',
      upTo(jobs).map((index) => of(index)),
      { trigger: 'manual' },
    ),
  );

/** How long `add` takes while nobody takes anything; milliseconds. */
async function adding(add: () => Promise<unknown>): Promise<number> {
  await pause.pause('extraction');
  const began = performance.now();
  await add();
  const ms = performance.now() - began;
  await database.query(`DELETE FROM jobs WHERE status = 'waiting'`);
  await pause.resume('extraction');
  return ms;
}

serve({
  life: (jobs) => finish.after(jobs, enqueue),
  enqueue: (jobs) => adding(() => onLanes(jobs, enqueue)),
  bulk: (jobs) => adding(() => enqueueMany(jobs)),
  oneByOne: (jobs) =>
    adding(async () => {
      for (const index of upTo(jobs)) await enqueue(index);
    }),
  async fill(jobs) {
    const began = performance.now();
    await enqueueMany(jobs);
    return performance.now() - began;
  },
  async choose(times) {
    const dispatch = app.get(DueJobs);
    let ms = 0;
    for (let n = 0; n < times; n++) {
      const began = performance.now();
      const [chosen] = (await dispatch.takeDue('extraction', 1)) ?? [];
      ms += performance.now() - began;
      if (!chosen) throw new Error('Nothing to choose');
      await database.query('UPDATE jobs SET dispatched_at = NULL WHERE id = $1', [chosen.jobId]);
    }
    return ms;
  },
  async urgent(number) {
    const id = await database.transaction(async (tx) => {
      const options = { trigger: 'connect', priority: PRIORITY.first } as const;
      return (await intake.enqueue(tx, 'extract-platform', of(50_000 + number), options)).job.id;
    });
    for (;;) {
      const [row] = await database.query<{ ms: number | null }>(
        'SELECT (extract(epoch FROM started_at - created_at) * 1000)::float8 AS ms FROM jobs WHERE id = $1',
        [id],
      );
      if (row?.ms != null) return row.ms;
      await sleep(20);
    }
  },
});
