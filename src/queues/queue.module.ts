import { BullModule, getQueueToken } from '@nestjs/bull';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Dispatcher } from './dispatcher.js';
import { JobDispatch } from './job-dispatch.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { JobQueries } from './job-queries.js';
import { JobRecovery } from './job-recovery.js';
import { JobRunner } from './job-runner.js';
import { JobWait } from './job-wait.js';
import { JobSignals } from './job-signals.js';
import { JobsController } from './jobs.controller.js';
import { QUEUE_NAMES } from './jobs.js';
import { QueuePause } from './queue-pause.js';
import { QueuesController } from './queues.controller.js';
import { Queues } from './queues.js';
import { SynchronousQueue } from './synchronous-queue.js';

/** Jobs for all features: a ledger of rows, a dispatcher, and queues under Bull's tokens. */
@Global()
@Module({})
export class QueueModule {
  /** Without Redis: `registerQueue()` brings Bull's explorer of `@Processor` classes and opens no connection. */
  static forRoot(): DynamicModule {
    return {
      module: QueueModule,
      imports: [BullModule.registerQueue()],
      controllers: [QueuesController, JobsController],
      providers: [
        ...QUEUE_NAMES.map((name) => ({ provide: getQueueToken(name), useFactory: () => new SynchronousQueue(name) })),
        Queues,
        JobSignals,
        JobObservers,
        JobLedger,
        JobRecovery,
        JobDispatch,
        JobQueries,
        JobRunner,
        JobWait,
        QueuePause,
        Dispatcher,
      ],
      exports: [JobObservers, JobLedger, JobQueries, JobRunner, JobSignals, JobWait, QueuePause],
    };
  }
}
