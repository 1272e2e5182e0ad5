import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Job } from '../queues/job.entity.js';
import type { JobObserver, Progress, Transition } from '../queues/job-observers.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';

type Build = Job<'build-signature'>;

/** Reports how a person's signature is being built. */
@Injectable()
export class SoulSignatureObserver implements JobObserver<'build-signature'> {
  constructor(
    private readonly events: EventLog,
    private readonly doorbell: Doorbell,
  ) {}

  onTransition(tx: Transaction, job: Build, transition: Transition<'build-signature'>): Promise<void> {
    const of = job.batchId === null ? { jobId: job.id } : { jobId: job.id, batchId: job.batchId };
    switch (transition.kind) {
      case 'started':
        this.events.append(tx, job.userId, 'signature_started', of);
        break;
      case 'completed': {
        const { version } = transition.result;
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

  onProgress(job: Build, { progress }: Progress): void {
    this.doorbell.show(job.userId, { type: 'signature_progress', jobId: job.id, progress });
  }
}
