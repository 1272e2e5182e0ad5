import { Injectable, Logger } from '@nestjs/common';
import { ConnectionStatus } from '../connectors/connection-status.js';
import type { Transaction } from '../database/database.js';
import type { Job } from '../queues/job.entity.js';
import { JobLedger } from '../queues/job-ledger.js';
import type { JobObserver, Progress, Transition } from '../queues/job-observers.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';

/** What follows from an extraction's transitions, stored with them: the connection's status, the signature job, events. */
@Injectable()
export class ExtractionObserver implements JobObserver {
  private readonly logger = new Logger('Queue');

  constructor(
    private readonly events: EventLog,
    private readonly doorbell: Doorbell,
    private readonly ledger: JobLedger,
    private readonly status: ConnectionStatus,
  ) {}

  async onTransition(tx: Transaction, job: Job, transition: Transition): Promise<void> {
    tx.afterCommit(() => this.status.forget(job.userId));
    const of = { ...idsOf(job), platform: platformOf(job) };
    switch (transition.kind) {
      case 'queued':
        return this.events.append(tx, job.userId, 'extraction_queued', of);
      case 'started':
        return this.events.append(tx, job.userId, 'extraction_started', { ...of, attempt: transition.attempt });
      case 'delayed':
        return this.events.append(tx, job.userId, 'extraction_delayed', {
          ...of,
          reason: transition.reason,
          retryAt: transition.retryAt.toISOString(),
        });
      case 'completed':
        return this.completed(tx, job);
      case 'failed': {
        if (!transition.willRetry) await this.noteSync(tx, job, 'failed');
        const { error, attempt, willRetry, retryAt } = transition;
        const failure = { ...of, error, attempt, willRetry };
        return this.events.append(
          tx,
          job.userId,
          'extraction_failed',
          retryAt ? { ...failure, retryAt: retryAt.toISOString() } : failure,
        );
      }
      case 'cancelled':
        return this.events.append(tx, job.userId, 'extraction_cancelled', of);
      case 'expired':
        await this.noteSync(tx, job, 'expired');
        return this.events.append(tx, job.userId, 'extraction_expired', of);
    }
  }

  onProgress(job: Job, progress: Progress): void {
    this.doorbell.show(job.userId, {
      type: 'extraction_progress',
      ...idsOf(job),
      platform: platformOf(job),
      ...progress,
    });
  }

  private async completed(tx: Transaction, job: Job): Promise<void> {
    await this.noteSync(tx, job, 'completed');
    const build = await this.ledger.enqueue(tx, 'build-signature', { userId: job.userId }, { trigger: job.trigger });
    tx.afterCommit(() => this.logger.log(`Queued soul signature job ${build.job.id} after ${job.id}`));
    await this.events.append(tx, job.userId, 'extraction_completed', {
      ...idsOf(job),
      platform: platformOf(job),
      itemsExtracted: job.items,
      warnings: job.warnings,
    });
  }

  private async noteSync(tx: Transaction, job: Job, outcome: 'completed' | 'failed' | 'expired'): Promise<void> {
    await tx.query(
      `UPDATE connections SET last_sync_status = $3, last_sync_at = CASE WHEN $3 = 'completed' THEN now() ELSE last_sync_at END
       WHERE user_id = $1 AND platform = $2`,
      [job.userId, job.platform, outcome],
    );
  }
}

function idsOf(job: Job): { jobId: string; batchId?: string } {
  return job.batchId === null ? { jobId: job.id } : { jobId: job.id, batchId: job.batchId };
}

function platformOf(job: Job): string {
  if (job.platform === null) throw new Error(`Extraction job ${job.id} has no platform`);
  return job.platform;
}
