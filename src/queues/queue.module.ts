import { BullModule, getQueueToken } from '@nestjs/bull';
import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Queue } from 'bull';
import type { ProcessParts } from '../config/process-parts.js';
import { RedisClients } from '../redis/redis-clients.js';
import { BatchMembers } from './batch-members.js';
import { BullDriver, bullOptions } from './bull-driver.js';
import { ClockRepair } from './clock-repair.js';
import { Dashboard } from './dashboard.js';
import { DeadLetters } from './dead-letters.js';
import { Dispatcher } from './dispatcher.js';
import { JobBoard } from './job-board.js';
import { DueJobs } from './due-jobs.js';
import { JobCounts } from './job-counts.js';
import { JobIntake } from './job-intake.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { JobQueries } from './job-queries.js';
import { JobRecovery } from './job-recovery.js';
import { JobRunner } from './job-runner.js';
import { JobSignals } from './job-signals.js';
import { JobWait } from './job-wait.js';
import { JobsController } from './jobs.controller.js';
import { QUEUE_NAMES } from './jobs.js';
import { Leases } from './leases.js';
import { QueueEntries } from './queue-entries.js';
import { QueueDriver } from './queue-driver.js';
import { QueueLifecycle } from './queue-lifecycle.js';
import { QueueOverview } from './queue-overview.js';
import { QueuePause } from './queue-pause.js';
import { QueuesController } from './queues.controller.js';
import { SynchronousDriver } from './synchronous-driver.js';
import { SynchronousQueue } from './synchronous-queue.js';
import { WorkerRegistry } from './worker-registry.js';

const TOKENS = QUEUE_NAMES.map((name) => getQueueToken(name));

/** Jobs for all features: a ledger of rows, a dispatcher, and queues under Bull's tokens. */
@Global()
@Module({})
export class QueueModule {
  /** With Redis Bull delivers the jobs; without it synchronous queues take the same tokens. */
  static forRoot({ redis, parts }: { readonly redis: boolean; readonly parts: ProcessParts }): DynamicModule {
    const driver = redis ? onBull() : inThisProcess();
    return {
      module: QueueModule,
      imports: [driver.bull],
      controllers: parts.api ? [QueuesController, JobsController] : [],
      providers: [
        ...driver.providers,
        JobSignals,
        JobObservers,
        JobIntake,
        BatchMembers,
        JobLedger,
        JobRecovery,
        ClockRepair,
        DueJobs,
        JobQueries,
        JobCounts,
        Leases,
        JobRunner,
        JobWait,
        QueuePause,
        QueueEntries,
        WorkerRegistry,
        QueueOverview,
        Dispatcher,
        QueueLifecycle,
        DeadLetters,
        JobBoard,
        ...(redis && parts.api ? [Dashboard] : []),
      ],
      exports: [
        DeadLetters,
        JobObservers,
        JobIntake,
        BatchMembers,
        JobLedger,
        JobQueries,
        JobCounts,
        JobRunner,
        JobSignals,
        JobWait,
        QueuePause,
        QueueDriver,
        QueueEntries,
        QueueOverview,
      ],
    };
  }
}

function onBull(): { bull: DynamicModule; providers: Provider[] } {
  return {
    bull: BullModule.registerQueueAsync(
      ...QUEUE_NAMES.map((name) => ({
        name,
        inject: [RedisClients],
        useFactory: (redis: RedisClients) => bullOptions(redis),
      })),
    ),
    providers: [
      {
        provide: QueueDriver,
        inject: [RedisClients, ...TOKENS],
        useFactory: (redis: RedisClients, ...queues: Queue[]) => new BullDriver(byName(queues), redis),
      },
    ],
  };
}

/** Without arguments `registerQueue()` registers Bull's explorer of `@Processor` classes and opens no connection. */
function inThisProcess(): { bull: DynamicModule; providers: Provider[] } {
  return {
    bull: BullModule.registerQueue(),
    providers: [
      ...QUEUE_NAMES.map((name) => ({ provide: getQueueToken(name), useFactory: () => new SynchronousQueue(name) })),
      {
        provide: QueueDriver,
        inject: TOKENS,
        useFactory: (...queues: SynchronousQueue[]) => new SynchronousDriver(byName(queues)),
      },
    ],
  };
}

/** The queues were injected in the order of their names. */
function byName<AnyQueue>(queues: readonly AnyQueue[]) {
  return new Map(queues.flatMap((queue, index) => (QUEUE_NAMES[index] ? [[QUEUE_NAMES[index], queue] as const] : [])));
}
