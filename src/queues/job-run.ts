import type { Transaction } from '../database/database.js';
import { JobTimeoutError } from './errors.js';
import type { Job, JobWarning } from './job.entity.js';
import type { JobLedger } from './job-ledger.js';
import type { JobObservers } from './job-observers.js';

/** One claimed run of a job: what a handler knows of it and may say about it. */
export class JobRun {
  private readonly abortion = new AbortController();
  private deadline: NodeJS.Timeout;
  private attemptsMade: number;
  private checkpointed: unknown;
  private stored: number;

  constructor(
    readonly job: Job,
    private readonly timeoutMs: number,
    private readonly ledger: JobLedger,
    private readonly observers: JobObservers,
  ) {
    this.attemptsMade = job.attemptsMade;
    this.stored = job.items;
    this.checkpointed = job.checkpoint ?? undefined;
    this.deadline = this.startDeadline();
  }

  /** Aborted at the time limit, when the job is cancelled or taken over, and at shutdown; hand it to every request. */
  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  /** From 1; counts since the last checkpoint. */
  get attempt(): number {
    return this.attemptsMade + 1;
  }

  /** Where an earlier run stopped. */
  get checkpoint(): unknown {
    return this.checkpointed;
  }

  /** What this job has stored so far, earlier runs included. */
  get items(): number {
    return this.stored;
  }

  /** Says how far the run is without storing work. */
  async progress(progress: number, step: string): Promise<void> {
    this.signal.throwIfAborted();
    await this.ledger.progress(this.job, progress);
    this.observers.progress(this.job, { progress, items: this.stored, step });
  }

  /**
   * Stores a piece of work and where to go on from, together; afterwards the time limit starts anew.
   * @throws FencedError when the job no longer belongs to this run; nothing is stored then
   */
  async save(
    piece: {
      readonly checkpoint: unknown;
      readonly progress: number;
      readonly items: number;
      readonly step: string;
      readonly warnings?: readonly JobWarning[];
    },
    write: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    this.signal.throwIfAborted();
    const stored = await this.ledger.saveCheckpoint(this.job, { warnings: [], ...piece }, write);
    this.checkpointed = piece.checkpoint;
    this.attemptsMade = stored.attemptsMade;
    this.stored = stored.items;
    clearTimeout(this.deadline);
    this.deadline = this.startDeadline();
    this.observers.progress(this.job, { progress: stored.progress, items: stored.items, step: piece.step });
  }

  /** Stops the run; its handler sees the reason through the signal. */
  abort(reason: Error): void {
    this.abortion.abort(reason);
  }

  /** No timer outlives the run. */
  dispose(): void {
    clearTimeout(this.deadline);
  }

  private startDeadline(): NodeJS.Timeout {
    return setTimeout(() => {
      this.abort(new JobTimeoutError(`No checkpoint within the time limit of ${this.timeoutMs / 1000} s`));
    }, this.timeoutMs);
  }
}
