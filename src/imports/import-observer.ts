import { Injectable, Logger } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import type { JobObserver, Progress, Transition } from '../queues/job-observers.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { ImportRows, type Import } from './import-rows.js';
import { summaryOf } from './import-view.js';
import type { Receipt } from './receipt.js';

type ImportJob = Job<'import-archive'>;

/** Stores the consequences of an import's transitions with them: events, how it ended, the signature job. */
@Injectable()
export class ImportObserver implements JobObserver<'import-archive'> {
  private readonly logger = new Logger('Queue');

  constructor(
    private readonly events: EventLog,
    private readonly doorbell: Doorbell,
    private readonly intake: JobIntake,
    private readonly rows: ImportRows,
  ) {}

  async onTransition(tx: Transaction, job: ImportJob, transition: Transition<'import-archive'>): Promise<void> {
    const of = idsOf(job);
    switch (transition.kind) {
      case 'queued':
        await this.rows.noteOutcome(tx, of.importId, null, null);
        this.events.append(tx, job.userId, 'import_queued', of);
        return;
      case 'started':
        this.events.append(tx, job.userId, 'import_started', { ...of, attempt: transition.attempt });
        return;
      case 'delayed': {
        const { code, reason, retryAt } = transition;
        this.events.append(tx, job.userId, 'import_delayed', { ...of, code, reason, retryAt: retryAt.toISOString() });
        return;
      }
      case 'completed': {
        const receipt = await this.ended(tx, job, 'completed');
        this.events.append(tx, job.userId, 'import_completed', { ...of, receipt: summaryOf(receipt) });
        return;
      }
      case 'failed': {
        const { error, attempt, willRetry, retryAt } = transition;
        const failure = { ...of, error, attempt, willRetry, ...(retryAt && { retryAt: retryAt.toISOString() }) };
        this.events.append(tx, job.userId, 'import_failed', failure);
        if (!willRetry) await this.ended(tx, job, 'failed', error);
        return;
      }
      case 'cancelled': {
        const receipt = await this.ended(tx, job, 'cancelled');
        this.events.append(tx, job.userId, 'import_cancelled', { ...of, receipt: summaryOf(receipt) });
        return;
      }
      case 'expired':
        await this.ended(tx, job, 'expired');
        this.events.append(tx, job.userId, 'import_expired', of);
        return;
    }
  }

  onProgress(job: ImportJob, { progress, items, step, bytes }: Progress): void {
    this.doorbell.show(job.userId, {
      type: 'import_progress',
      ...idsOf(job),
      progress,
      bytes: bytes?.read ?? 0,
      of: bytes?.of ?? 0,
      items,
      step,
    });
  }

  /** What was read until then stays, and the signature is built of it. A failed import can be retried: it keeps its files. */
  private async ended(
    tx: Transaction,
    job: ImportJob,
    outcome: NonNullable<Import['outcome']>,
    error: Import['error'] = null,
  ): Promise<Receipt | undefined> {
    const { importId } = job.data;
    const receipt = await this.rows.noteOutcome(tx, importId, outcome, error);
    // Not within the transaction, for which others wait: it may be a gigabyte. What is left then goes within the hour.
    if (outcome !== 'failed') tx.afterCommit(() => void this.rows.dropPieces(importId).catch(() => undefined));
    if (!receipt || receipt.accepted + receipt.merged === 0) return receipt;
    const { userId, trigger } = job;
    const build = await this.intake.enqueueUnlessErased(tx, 'build-signature', { userId }, { trigger });
    if (build) tx.afterCommit(() => this.logger.log(`Queued soul signature job ${build.job.id} after ${job.id}`));
    return receipt;
  }
}

function idsOf({ id, data }: ImportJob): { readonly jobId: string; readonly importId: string } {
  return { jobId: id, importId: data.importId };
}
