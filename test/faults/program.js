/**
 * A process of the fault suite: the product's queues as they are built, with handlers that write down what they do.
 * `effects` and `outcomes` are written in the transactions of the ledger, `starts` outside of them.
 */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Process, Processor } from '@nestjs/bull';
import { NestFactory } from '@nestjs/core';

const built = (path) => import(new URL(path, pathToFileURL(`${process.env.BUILT}/`)).href);
const { config, ConfigModule } = await built('config/config.module.js');
const { Database } = await built('database/database.js');
const { DatabaseModule } = await built('database/database.module.js');
const { FencedError, RateLimitedError } = await built('queues/errors.js');
const { JobIntake } = await built('queues/job-intake.js');
const { JobObservers } = await built('queues/job-observers.js');
const { JobRunner } = await built('queues/job-runner.js');
const { JOB_NAMES, JOBS } = await built('queues/jobs.js');
const { QueueModule } = await built('queues/queue.module.js');
const { EventLog } = await built('realtime/event-log.js');
const { RealtimeModule } = await built('realtime/realtime.module.js');
const { RedisModule } = await built('redis/redis.module.js');

const pieces = Number(process.env.PIECES ?? 3);
const pieceMs = Number(process.env.PIECE_MS ?? 50);
/** A platform that allows nothing to anybody until then (epoch, milliseconds). */
const usedUp = { platform: process.env.USED_UP, until: new Date(Number(process.env.USED_UP_UNTIL ?? 0)) };
const accepting = Number(process.env.ACCEPT ?? 0);
const slots = accepting > 0 ? 0 : config.extraction.concurrency;
const say = (line) => process.stdout.write(`${line}\n`);

class Extraction {
  constructor(runner, database) {
    this.runner = runner;
    this.database = database;
  }

  extractPlatform(job) {
    return this.runner.run(job, (run) => this.work(run));
  }

  async work(run) {
    const { id, claim, userId, platform } = run.job;
    await this.database.query('INSERT INTO starts (job_id, claim, pid) VALUES ($1, $2, $3)', [id, claim, process.pid]);
    if (platform === usedUp.platform && Date.now() < usedUp.until.getTime()) {
      throw new RateLimitedError(usedUp.until, 'The budget is used up', { lineUntil: usedUp.until });
    }
    if (userId.startsWith('later')) throw new RateLimitedError(new Date(), 'Retry-After: 0');
    // The poison takes its process with it while its neighbours are at work.
    if (userId.startsWith('poison')) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
    for (let piece = (run.checkpoint?.piece ?? 0) + 1; piece <= pieces; piece++) {
      await sleep(pieceMs, undefined, { signal: run.signal });
      const progress = 10 + Math.floor((80 * piece) / pieces);
      await run
        .save({ checkpoint: { piece }, progress, items: 1, step: `piece ${piece}` }, (tx) =>
          tx.query('INSERT INTO effects (job_id, piece, claim, pid) VALUES ($1, $2, $3, $4)', [
            id,
            piece,
            claim,
            process.pid,
          ]),
        )
        .catch((error) => {
          if (error instanceof FencedError) say(`fenced ${id}`);
          throw error;
        });
    }
    return { items: pieces };
  }
}

/** What decorators write in TypeScript. */
function processor(target, queue, method, options, dependencies) {
  Reflect.defineMetadata('design:paramtypes', dependencies, target);
  Processor(queue)(target);
  Process(options)(target.prototype, method, Object.getOwnPropertyDescriptor(target.prototype, method));
}
processor(Extraction, 'extraction', 'extractPlatform', { name: 'extract-platform', concurrency: slots }, [
  JobRunner,
  Database,
]);
// The start wants a handler for every job of the table.
const others = JOB_NAMES.filter((name) => name !== 'extract-platform').map((name) => {
  class Other {
    run() {
      throw new Error(`Nothing adds ${name} here`);
    }
  }
  processor(Other, JOBS[name].queue, 'run', { name, concurrency: 1 }, []);
  return Other;
});

const parts = { api: false, work: accepting === 0 };
const program = {
  module: class FaultProgram {},
  imports: [
    ConfigModule,
    DatabaseModule.forRoot(config, []),
    RedisModule.forRoot(config.redis),
    RealtimeModule.forRoot(parts),
    QueueModule.forRoot({ redis: true, parts }),
  ],
  providers: accepting > 0 ? [] : [Extraction, ...others],
};

const app = await NestFactory.createApplicationContext(program, { logger: ['error', 'warn'] });
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
const database = app.get(Database);
const events = app.get(EventLog);
app.get(JobObservers).register('extract-platform', {
  async onTransition(tx, job, { kind }) {
    await tx.query('INSERT INTO outcomes (job_id, kind) VALUES ($1, $2)', [job.id, kind]);
    events.append(tx, job.userId, `extraction_${kind}`, { jobId: job.id, platform: job.platform });
  },
});
say('ready');

// An api process that dies right after a commit, before its dispatcher has looked.
if (accepting > 0) {
  const intake = app.get(JobIntake);
  let left = accepting;
  await Promise.all(
    Array.from({ length: accepting }, (_, n) =>
      database.transaction(async (tx) => {
        tx.afterCommit(() => {
          left -= 1;
          if (left <= accepting / 2) process.kill(process.pid, 'SIGKILL');
        });
        const data = { userId: `person-${process.env.FIRST}${n}`, platform: 'spotify' };
        await tx.query('INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING', [data.userId]);
        await intake.enqueue(tx, 'extract-platform', data, { trigger: 'manual' });
      }),
    ),
  );
}
