import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from '../database/database.js';
import { JobTimeoutError } from './errors.js';
import type { Job, JobWarning } from './job.entity.js';
import type { Checkpoint, JobLedger } from './job-ledger.js';
import type { JobObservers, Progress } from './job-observers.js';
import type { JobName } from './jobs.js';

/** One claimed run of a job: what a handler can read of it, and how it reports progress and stores work. */
export class JobRun<Name extends JobName = JobName> {
  private readonly abortion = new AbortController();
  private readonly deadline: NodeJS.Timeout;
  private gotFurther = false;
  private attemptsMade: number;
  private checkpointed: unknown;
  private stored: number;

  constructor(
    readonly job: Job<Name>,
    timeoutMs: number,
    private readonly ledger: JobLedger,
    private readonly observers: JobObservers,
  ) {
    this.attemptsMade = job.attemptsMade;
    this.stored = job.items;
    this.checkpointed = job.checkpoint ?? undefined;
    this.deadline = setTimeout(() => {
      this.abort(new JobTimeoutError(`The run reached its time limit of ${timeoutMs / 1000} s`));
    }, timeoutMs);
  }

  /** Aborted at the time limit, when the job is cancelled or taken over, and at shutdown; pass it to every request. */
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

  /** Whether this run has stored a checkpoint that differs from the one before. */
  get moved(): boolean {
    return this.gotFurther;
  }

  /** What this job has stored so far, earlier runs included. */
  get items(): number {
    return this.stored;
  }

  /** Reports progress without storing work. */
  async progress(progress: number, step: string): Promise<void> {
    this.signal.throwIfAborted();
    const stored = await this.ledger.progress(this.job, progress);
    this.observers.progress(this.job, { progress: stored, items: this.stored, step });
  }

  /**
   * Stores a piece of work together with its checkpoint. A run with a new checkpoint is continued after its time limit.
   * @throws FencedError when the job no longer belongs to this run; nothing is stored then
   */
  async save(
    piece: {
      readonly checkpoint: unknown;
      readonly progress: number;
      readonly items: Checkpoint['items'];
      readonly step: string;
      readonly warnings?: readonly JobWarning[];
      readonly bytes?: Progress['bytes'];
    },
    write: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    this.signal.throwIfAborted();
    const stored = await this.ledger.saveCheckpoint(this.job, { warnings: [], ...piece }, write);
    this.gotFurther ||= !isDeepStrictEqual(JSON.parse(JSON.stringify(piece.checkpoint)), this.checkpointed);
    this.checkpointed = piece.checkpoint;
    this.attemptsMade = stored.attemptsMade;
    this.stored = stored.items;
    const { step, bytes } = piece;
    this.observers.progress(this.job, { progress: stored.progress, items: stored.items, step, bytes });
  }

  /**
   * Stores work that may be repeated, without a checkpoint.
   * @throws FencedError when the job no longer belongs to this run; nothing is stored then
   */
  async write(work: (tx: Transaction) => Promise<void>): Promise<void> {
    this.signal.throwIfAborted();
    await this.ledger.write(this.job, work);
  }

  /** Stops the run; its handler sees the reason through the signal. */
  abort(reason: Error): void {
    this.abortion.abort(reason);
  }

  /** Clears the timer of the time limit. */
  dispose(): void {
    clearTimeout(this.deadline);
  }
}
