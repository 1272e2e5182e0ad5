import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { describeError } from './errors.js';
import { QueueDriver } from './queue-driver.js';
import type { QueuedJob } from './queued-job.js';

/** A run notices within five seconds that it was ended. */
const RUNS_NOTICE_MS = 8_000;

/** What the queues themselves keep of jobs beside the ledger: undelivered hints and a short history. */
@Injectable()
export class QueueEntries implements OnModuleDestroy {
  private readonly logger = new Logger('Queue');

  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly driver: QueueDriver,
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.also(() => this.forgetStrangers());
  }

  /**
   * Removes entries now, and those of `ended` runs once these have noticed it. While Redis is away nothing is removed:
   * housekeeping later removes the entries of deleted users.
   */
  async forget(isGone: (entry: QueuedJob) => boolean, ended: readonly string[] = []): Promise<void> {
    await this.tryToForget(isGone);
    if (ended.length === 0 || this.closed) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void this.tryToForget((entry) => ended.includes(entry.jobId));
    }, RUNS_NOTICE_MS).unref();
    this.timers.add(timer);
  }

  onModuleDestroy(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** Removes the entries of deleted users. */
  async forgetStrangers(): Promise<void> {
    const entries = await this.driver.entries();
    const rows = await this.database.query<{ id: string }>('SELECT id FROM users WHERE id = ANY($1)', [
      [...new Set(entries.map((entry) => entry.userId))],
    ]);
    const known = new Set(rows.map((row) => row.id));
    await this.driver.remove(entries.filter((entry) => !known.has(entry.userId)));
  }

  private async tryToForget(isGone: (entry: QueuedJob) => boolean): Promise<void> {
    try {
      await this.driver.remove((await this.driver.entries()).filter(isGone));
    } catch (error) {
      this.logger.warn(`Queue entries were not removed: ${describeError(error).message}`);
    }
  }
}
