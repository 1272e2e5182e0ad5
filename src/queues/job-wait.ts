import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { JobQueries } from './job-queries.js';
import { QueueDriver } from './queue-driver.js';

/** Decides whether a JSON route waits for the job it has queued. */
@Injectable()
export class JobWait {
  constructor(
    private readonly jobs: JobQueries,
    private readonly driver: QueueDriver,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Without Redis the job runs in this process, and the route waits for its end, at most `SYNC_WAIT_MS`; afterwards the
   * job continues in the background. With Redis nothing waits.
   * @returns whether the job is over
   */
  async ranAtOnce(jobId: string): Promise<boolean> {
    if (!this.driver.synchronous) return false;
    return (await this.jobs.settled(jobId, this.config.syncWaitMs)) !== undefined;
  }
}
