import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Housekeeping } from '../database/housekeeping.js';
import { Dispatcher } from './dispatcher.js';
import { JobRecovery } from './job-recovery.js';
import { JobRunner } from './job-runner.js';
import { QueueDriver } from './queue-driver.js';
import { WorkerRegistry } from './worker-registry.js';

/** Starts and stops the queues of a process, in order. */
@Injectable()
export class QueueLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly driver: QueueDriver,
    private readonly recovery: JobRecovery,
    private readonly workers: WorkerRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly runner: JobRunner,
    private readonly housekeeping: Housekeeping,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Handlers are registered by now; jobs run from here on. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.config.parts.work) this.refuseMissingHandlers();
    // The embedded database belongs to this process alone.
    const alone = this.config.database.url === undefined;
    if (alone) await this.recovery.reclaimAll();
    if (this.config.parts.work) await this.workers.join();
    const { jobDays } = this.config.retention;
    this.housekeeping.register({ table: 'jobs', old: `finished_at < now() - interval '${jobDays} days'` });
    this.dispatcher.start(alone);
  }

  /** Takes no new jobs, waits for the runs to end, and hands back those that do not end in time. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.stop();
    await this.workers.leave();
    await this.driver.stopTaking();
    await this.runner.drain();
    await this.driver.close();
  }

  private refuseMissingHandlers(): void {
    const missing = this.driver.missingHandlers();
    if (missing.length === 0) return;
    throw new Error(
      `No handler for ${missing.join(', ')}: each job in queues/jobs.ts needs a method with @Process('<job>') in a class with @Processor('<queue>')`,
    );
  }
}
