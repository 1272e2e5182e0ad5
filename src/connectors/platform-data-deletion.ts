import { Injectable, Logger } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { DeadLetters } from '../queues/dead-letters.js';
import { BlockedError, describeError } from '../queues/errors.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import type { JobObserver, Transition } from '../queues/job-observers.js';
import { JobLedger } from '../queues/job-ledger.js';
import { JobQueries } from '../queues/job-queries.js';
import type { JobData } from '../queues/jobs.js';
import { PIECE_ROWS, PlatformDataErasers } from './platform-data-erasers.js';

/** Who waits for a deletion looks again when it has taken this much longer. */
const LONGER = 0.25;

/** The shortest and the longest time until then, in milliseconds. */
const SOONEST_MS = 2_000;
const LATEST_MS = 60_000;

/** Deletes the data of a platform for its person: little at once, much by a job. A signature without it is built at once. */
@Injectable()
export class PlatformDataDeletion implements JobObserver<'delete-platform-data'> {
  private readonly logger = new Logger('Queue');

  constructor(
    private readonly database: Database,
    private readonly erasers: PlatformDataErasers,
    private readonly intake: JobIntake,
    private readonly jobs: JobQueries,
    private readonly deadLetters: DeadLetters,
    private readonly ledger: JobLedger,
  ) {}

  /**
   * Deletes the data in the transaction of what asks for that, or queues the job that does so if there is more than a
   * piece of it.
   * @returns the id of the job
   */
  async begin(tx: Transaction, userId: string, platform: string): Promise<string | undefined> {
    await this.build(tx, userId);
    if ((await this.erasers.count(tx, userId, platform, PIECE_ROWS + 1)) > PIECE_ROWS) {
      const { job } = await this.intake.enqueue(
        tx,
        'delete-platform-data',
        { userId, platform },
        { trigger: 'manual' },
      );
      return job.id;
    }
    await this.erasers.erase(tx, userId, platform);
    return undefined;
  }

  /**
   * Lets nothing be read into data that is being deleted. A deletion that has failed is given up: its data is read anew,
   * and a late retry would take that with it.
   * @throws BlockedError while a deletion is unfinished
   */
  async letEnd(userId: string, platform: string): Promise<void> {
    const data = { userId, platform };
    const age = () => this.jobs.ageOfUnfinished('delete-platform-data', data);
    let ageMs = await age();
    if (ageMs === undefined) {
      await this.deadLetters.giveUp('delete-platform-data', data);
      ageMs = await age(); // It may have been retried meanwhile.
    }
    if (ageMs === undefined) return;
    const waitMs = Math.min(Math.max(SOONEST_MS, ageMs * LONGER), LATEST_MS);
    throw new BlockedError(new Date(Date.now() + waitMs), 'What was read before is still being deleted');
  }

  async onTransition(
    tx: Transaction,
    { userId, data }: Job<'delete-platform-data'>,
    transition: Transition<'delete-platform-data'>,
  ): Promise<void> {
    switch (transition.kind) {
      case 'queued':
      case 'started':
      case 'delayed':
        return;
      case 'failed':
        if (transition.willRetry) return;
    }
    await this.ledger.unblock(tx, 'extract-platform', data);
    this.wakeAfter(tx, data);
    await this.build(tx, userId);
  }

  /**
   * Wakes an extraction that waits for a deletion once this transaction is committed, unless one is unfinished then. A
   * deletion and the wait of an extraction may be stored at the same time, so that neither sees the other. Each looks
   * when it is stored, and the later of the two sees both.
   */
  wakeAfter(tx: Transaction, data: JobData<'extract-platform'>): void {
    tx.afterCommit(() => {
      this.wake(data).catch((error: unknown) => {
        this.logger.warn(`An extraction that waited for a deletion looks later: ${describeError(error).message}`);
      });
    });
  }

  private async wake(data: JobData<'extract-platform'>): Promise<void> {
    if ((await this.jobs.ageOfUnfinished('delete-platform-data', data)) !== undefined) return;
    await this.database.transaction((tx) => this.ledger.unblock(tx, 'extract-platform', data));
  }

  private async build(tx: Transaction, userId: string): Promise<void> {
    await this.intake.enqueueUnlessErased(tx, 'build-signature', { userId }, { trigger: 'manual' });
  }
}
