import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Job } from './job.entity.js';
import type { JobName, JobResult } from './jobs.js';

/** A transition of a job. */
export type Transition<Name extends JobName = JobName> =
  | { readonly kind: 'queued' }
  | { readonly kind: 'started'; readonly attempt: number }
  /** A provider asked us to wait, or other work has to end first. */
  | { readonly kind: 'delayed'; readonly code: string; readonly reason: string; readonly retryAt: Date }
  | { readonly kind: 'completed'; readonly result: JobResult<Name> }
  | {
      readonly kind: 'failed';
      readonly error: { readonly code: string; readonly message: string };
      readonly attempt: number;
      readonly willRetry: boolean;
      readonly retryAt?: Date;
    }
  | { readonly kind: 'cancelled' }
  /** Not started in time, or a provider allowed nothing for a day. */
  | { readonly kind: 'expired'; readonly reason: 'not_started' | 'provider' };

/** How far a running job is; for live display only. */
export interface Progress {
  readonly progress: number;
  readonly items: number;
  readonly step: string;
  /** Of what is read, where its size is known. */
  readonly bytes?: { readonly read: number; readonly of: number } | undefined;
}

/**
 * What a feature does when its jobs change. The ledger knows no feature: it calls the observer of a job's name at the
 * end of the transaction of each transition, so that what follows from a job (events, a connection's status, the next
 * job) is stored with it or not at all.
 */
export interface JobObserver<Name extends JobName> {
  onTransition(tx: Transaction, job: Job<Name>, transition: Transition<Name>): Promise<void>;
  onProgress?(job: Job<Name>, progress: Progress): void;
}

/** The observers by job name. */
@Injectable()
export class JobObservers {
  private readonly observers: { [Name in JobName]?: JobObserver<Name> | undefined } = {};

  register<Name extends JobName>(name: Name, observer: JobObserver<Name>): void {
    if (this.observers[name]) throw new Error(`Two observers for ${name}`);
    // TypeScript cannot follow an assignment by a generic key.
    Object.assign(this.observers, { [name]: observer });
  }

  async transition<Name extends JobName>(tx: Transaction, job: Job<Name>, transition: Transition<Name>): Promise<void> {
    await this.observers[job.name]?.onTransition(tx, job, transition);
  }

  progress<Name extends JobName>(job: Job<Name>, progress: Progress): void {
    this.observers[job.name]?.onProgress?.(job, progress);
  }
}
