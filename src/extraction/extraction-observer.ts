import { Injectable, Logger } from '@nestjs/common';
import { ConnectionRows } from '../connectors/connection-rows.js';
import { PlatformDataDeletion } from '../connectors/platform-data-deletion.js';
import type { Transaction } from '../database/database.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { problemOfJob } from '../queues/job-view.js';
import type { JobObserver, Progress, Transition } from '../queues/job-observers.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { Batches } from './batches.js';
import { Schedules } from './schedules.js';

type Extraction = Job<'extract-platform'>;

/** Stores the consequences of an extraction's transitions with them: events, the connection's last sync, the signature job. */
@Injectable()
export class ExtractionObserver implements JobObserver<'extract-platform'> {
  private readonly logger = new Logger('Queue');

  constructor(
    private readonly events: EventLog,
    private readonly doorbell: Doorbell,
    private readonly intake: JobIntake,
    private readonly batches: Batches,
    private readonly schedules: Schedules,
    private readonly connections: ConnectionRows,
    private readonly deletion: PlatformDataDeletion,
  ) {}

  async onTransition(tx: Transaction, job: Extraction, transition: Transition): Promise<void> {
    const of = { ...idsOf(job), platform: job.data.platform };
    const problem = problemOfJob(job);
    switch (transition.kind) {
      case 'queued':
        this.events.append(tx, job.userId, 'extraction_queued', of);
        return;
      case 'started':
        this.events.append(tx, job.userId, 'extraction_started', { ...of, attempt: transition.attempt });
        return;
      case 'delayed': {
        const { code, reason, retryAt } = transition;
        this.events.append(tx, job.userId, 'extraction_delayed', {
          ...of,
          code,
          reason,
          problem,
          retryAt: retryAt.toISOString(),
        });
        await this.connections.noteProblem(tx, job.data, problem);
        if (code === 'BLOCKED') this.deletion.wakeAfter(tx, job.data);
        return;
      }
      case 'completed':
        this.events.append(tx, job.userId, 'extraction_completed', {
          ...of,
          itemsExtracted: job.items,
          warnings: job.warnings,
          problem,
        });
        return this.ended(tx, job, 'completed');
      case 'failed': {
        const { error, attempt, willRetry, retryAt } = transition;
        const failure = {
          ...of,
          error,
          problem,
          attempt,
          willRetry,
          ...(retryAt && { retryAt: retryAt.toISOString() }),
        };
        this.events.append(tx, job.userId, 'extraction_failed', failure);
        return willRetry ? undefined : this.ended(tx, job, 'failed');
      }
      case 'cancelled':
        this.events.append(tx, job.userId, 'extraction_cancelled', of);
        return this.ended(tx, job, 'cancelled');
      case 'expired':
        this.events.append(tx, job.userId, 'extraction_expired', { ...of, reason: transition.reason, problem });
        return this.ended(tx, job, 'expired');
    }
  }

  onProgress(job: Extraction, progress: Progress): void {
    this.doorbell.show(job.userId, {
      type: 'extraction_progress',
      ...idsOf(job),
      platform: job.data.platform,
      ...progress,
    });
  }

  /** A single extraction queues a signature if it completed; a batch queues one when its last member has ended. */
  private async ended(
    tx: Transaction,
    job: Extraction,
    outcome: 'completed' | 'failed' | 'cancelled' | 'expired',
  ): Promise<void> {
    const problem = outcome === 'cancelled' ? null : problemOfJob(job);
    await this.connections.noteSync(tx, job.data, outcome, problem);
    await this.schedules.followRequest(tx, job);
    if (job.batchId !== null) return this.batches.memberEnded(tx, job.userId, job.batchId);
    if (outcome !== 'completed' || !(await this.schedules.leadsToSignature(tx, job))) return;
    const { userId, trigger } = job;
    const build = await this.intake.enqueueUnlessErased(tx, 'build-signature', { userId }, { trigger });
    if (!build) return;
    tx.afterCommit(() => this.logger.log(`Queued soul signature job ${build.job.id} after ${job.id}`));
  }
}

function idsOf(job: Extraction): { jobId: string; batchId?: string } {
  return job.batchId === null ? { jobId: job.id } : { jobId: job.id, batchId: job.batchId };
}
