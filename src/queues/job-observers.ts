import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Job } from './job.entity.js';
import type { JobName } from './jobs.js';

/** What has just become of a job. */
export type Transition =
  | { readonly kind: 'queued' }
  | { readonly kind: 'started'; readonly attempt: number }
  /** A provider asked us to wait. */
  | { readonly kind: 'delayed'; readonly reason: string; readonly retryAt: Date }
  | { readonly kind: 'completed' }
  | {
      readonly kind: 'failed';
      readonly error: { readonly code: string; readonly message: string };
      readonly attempt: number;
      readonly willRetry: boolean;
      readonly retryAt?: Date;
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'expired' };

/** How far a running job is; for live display only. */
export interface Progress {
  readonly progress: number;
  readonly items: number;
  readonly step: string;
}

/**
 * A feature's part in the life of its jobs. The ledger knows no feature: it calls the observer of a job's name inside
 * the transaction of each transition, as its last statements, so that whatever follows from a job (events, a
 * connection's status, the next job) is stored with it or not at all.
 */
export interface JobObserver {
  onTransition(tx: Transaction, job: Job, transition: Transition): Promise<void>;
  onProgress?(job: Job, progress: Progress): void;
}

/** The observers by job name. */
@Injectable()
export class JobObservers {
  private readonly observers = new Map<JobName, JobObserver>();

  register(name: JobName, observer: JobObserver): void {
    if (this.observers.has(name)) throw new Error(`Two observers for ${name}`);
    this.observers.set(name, observer);
  }

  async transition(tx: Transaction, job: Job, transition: Transition): Promise<void> {
    await this.observers.get(job.name)?.onTransition(tx, job, transition);
  }

  progress(job: Job, progress: Progress): void {
    this.observers.get(job.name)?.onProgress?.(job, progress);
  }
}
