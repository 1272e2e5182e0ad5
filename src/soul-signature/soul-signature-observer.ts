import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Job } from '../queues/job.entity.js';
import type { JobObserver, Progress, Transition } from '../queues/job-observers.js';
import type { JobResult } from '../queues/jobs.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';

/** Tells a person how the building of their signature goes. */
@Injectable()
export class SoulSignatureObserver implements JobObserver {
  constructor(
    private readonly events: EventLog,
    private readonly doorbell: Doorbell,
  ) {}

  onTransition(tx: Transaction, job: Job, transition: Transition): Promise<void> {
    const of = job.batchId === null ? { jobId: job.id } : { jobId: job.id, batchId: job.batchId };
    switch (transition.kind) {
      case 'started':
        this.events.append(tx, job.userId, 'signature_started', of);
        break;
      case 'completed': {
        const { version } = job.result as JobResult<'build-signature'>; // Written by this job's own handler.
        this.events.append(tx, job.userId, 'signature_completed', { ...of, version });
        break;
      }
      case 'failed': {
        const { error, attempt, willRetry, retryAt } = transition;
        const failure = { ...of, error, attempt, willRetry, ...(retryAt && { retryAt: retryAt.toISOString() }) };
        this.events.append(tx, job.userId, 'signature_failed', failure);
        break;
      }
      case 'queued':
      case 'delayed':
      case 'cancelled':
      case 'expired':
        break;
    }
    return Promise.resolve();
  }

  onProgress(job: Job, { progress }: Progress): void {
    this.doorbell.show(job.userId, { type: 'signature_progress', jobId: job.id, progress });
  }
}
