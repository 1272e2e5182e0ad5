import { Injectable, Logger } from '@nestjs/common';
import { InjectConfig } from '../config/config.module.js';
import type { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { runSeconds, runsEnded, startDelaySeconds } from '../metrics/metrics.js';
import { describeError, FencedError, PermanentError, ShutdownError } from './errors.js';
import type { Job } from './job.entity.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { JobRun } from './job-run.js';
import { definitionOf, type JobName, type JobResult } from './jobs.js';
import { Leases } from './leases.js';
import { persisted } from './persisted.js';
import type { QueuedJob } from './queued-job.js';
import { judge, type Verdict } from './retry-policy.js';
import type { QueueJob } from './synchronous-queue.js';

/** A hint that is being claimed, and then its run. Shutdown waits for both. */
interface Running {
  run: Pick<JobRun, 'abort'> | undefined;
  ended: Promise<unknown>;
}

/** What a `@Process` method receives. */
export type BullJob<Name extends JobName> = QueueJob<QueuedJob> & { readonly name: Name };

/** Wraps every handler: claims the row, keeps its lease, enforces the time limit, and stores the outcome. */
@Injectable()
export class JobRunner {
  private readonly logger = new Logger('Queue');
  private readonly running = new Set<Running>();
  private stopping = false;
  private outOfTime = false;

  constructor(
    private readonly ledger: JobLedger,
    private readonly leases: Leases,
    private readonly database: Database,
    private readonly observers: JobObservers,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Runs a handler for a dispatched job, at most once per claim. Returns without running when the hint is out of date.
   * @throws the handler's error after its outcome is stored, so that the queue's own history shows the failure too
   */
  async run<Name extends JobName>(
    queued: BullJob<Name>,
    handler: (run: JobRun<Name>) => Promise<JobResult<Name>>,
  ): Promise<JobResult<Name> | { skipped: true }> {
    if (this.stopping) return { skipped: true };
    const entry: Running = { run: undefined, ended: Promise.resolve() };
    const ended = this.database.forRun(() => this.claimAndExecute(queued, handler, entry));
    entry.ended = ended.catch(() => undefined);
    this.running.add(entry);
    try {
      return await ended;
    } finally {
      this.running.delete(entry);
    }
  }

  /** Takes no new jobs, waits for the runs to end, and hands back those that do not end in time. */
  async drain(): Promise<void> {
    this.stopping = true;
    const all = () => Promise.all([...this.running].map((entry) => entry.ended));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([all(), new Promise((resolve) => (timer = setTimeout(resolve, this.config.shutdownTimeoutMs)))]);
    clearTimeout(timer);
    this.outOfTime = true;
    for (const { run } of this.running) run?.abort(goingDown());
    await all();
  }

  private async claimAndExecute<Name extends JobName>(
    queued: BullJob<Name>,
    handler: (run: JobRun<Name>) => Promise<JobResult<Name>>,
    entry: Running,
  ): Promise<JobResult<Name> | { skipped: true }> {
    const job = await this.ledger.claim(queued.name, queued.data);
    if (!job) {
      leaveNoEntry(queued);
      return { skipped: true };
    }
    const run = new JobRun(job, definitionOf(job.name).timeoutMs, this.ledger, this.observers);
    entry.run = run;
    if (this.outOfTime) run.abort(goingDown());
    return this.execute(queued, run, handler);
  }

  private async execute<Name extends JobName>(
    queued: BullJob<Name>,
    run: JobRun<Name>,
    handler: (run: JobRun<Name>) => Promise<JobResult<Name>>,
  ): Promise<JobResult<Name>> {
    const { job } = run;
    const startedAt = Date.now();
    startDelaySeconds.observe({ job: job.name }, Math.max(0, startedAt - job.runAt.getTime()) / 1000);
    this.logger.log(`Processing ${nameOf(job)}${job.platform ? ` for ${job.platform}` : ''}`);
    const release = this.leases.keep(run);
    try {
      checkData(job);
      const result = await Promise.race([handler(run), aborted(run.signal)]);
      definitionOf(job.name).result.parse(result);
      const done = await persisted(() => this.ledger.complete(job, result));
      const items = job.platform ? `: ${done.items} items` : '';
      this.logger.log(
        `${capitalised(nameOf(job))} completed${items} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
      );
      runsEnded.inc({ job: job.name, outcome: 'completed' });
      return result;
    } catch (error) {
      await this.conclude(queued, run, error);
      throw error;
    } finally {
      runSeconds.observe({ job: job.name }, (Date.now() - startedAt) / 1000);
      release();
      run.dispose();
    }
  }

  /** Stores the outcome of a run that threw. The outcome of a run that lost its claim is dropped. */
  private async conclude(queued: BullJob<JobName>, run: JobRun, error: unknown): Promise<void> {
    const { job } = run;
    // The handler may still be running; its later writes are refused, because its claim has ended.
    run.abort(error instanceof Error ? error : new Error(String(error)));
    if (error instanceof FencedError) {
      leaveNoEntry(queued);
      runsEnded.inc({ job: job.name, outcome: 'fenced' });
      this.logger.log(`Run of job ${job.id} ended: ${error.message}`);
      return;
    }
    const verdict = judge(error, {
      attempt: run.attempt,
      maxAttempts: job.maxAttempts,
      moved: run.moved,
      ageMs: Number(job.claimedAt) - Number(job.createdAt),
      snoozes: run.moved ? 0 : job.snoozes,
      backoffMs: definitionOf(job.name).backoff.delayMs,
      jitter: this.config.retry.jitter,
    });
    try {
      await persisted(() => this.store(job, error, verdict));
      runsEnded.inc({ job: job.name, outcome: verdict.kind });
      const attempt = `attempt ${run.attempt} of ${job.maxAttempts}, ${inWords(verdict)}`;
      this.logger.warn(`${capitalised(nameOf(job))} failed (${attempt}): ${describeError(error).message}`);
    } catch (failure) {
      if (!(failure instanceof FencedError)) throw failure;
      leaveNoEntry(queued);
      this.logger.log(`Outcome of job ${job.id} dropped: ${failure.message}`);
    }
  }

  private store(job: Job, error: unknown, verdict: Verdict): Promise<Job> {
    switch (verdict.kind) {
      case 'retry':
        return this.ledger.retry(job, error, verdict.delayMs);
      case 'snooze':
        return this.ledger.snooze(job, error, verdict.until, verdict.lineUntil);
      case 'hand-back':
        return this.ledger.handBack(job);
      case 'continue':
        return this.ledger.continueLater(job, verdict.delayMs);
      case 'fail':
        return this.ledger.fail(job, error);
    }
  }
}

/**
 * Has the queue drop its entry instead of keeping it for a while. An entry whose job was taken away says nothing about the
 * job, and the job may be gone because its person has deleted the account.
 */
function leaveNoEntry({ opts }: BullJob<JobName>): void {
  if (opts) Object.assign(opts, { removeOnComplete: true, removeOnFail: true });
}

/** Rejects when the signal is aborted, so that a handler that ignores the signal cannot hold a slot. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () => reject(signal.reason as Error); // Only errors are given to abort().
    if (signal.aborted) refuse();
    signal.addEventListener('abort', refuse, { once: true });
  });
}

/** A row may have been written by another version of the product. */
function checkData({ id, name, data }: Job): void {
  const { error } = definitionOf(name).data.safeParse(data);
  if (error) {
    throw new PermanentError('JOB_DATA_INVALID', `Invalid data for ${name} in job ${id}: ${error.message}`);
  }
}

function nameOf(job: Job): string {
  return `${definitionOf(job.name).title} job ${job.id}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function inWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'retry':
      return `retry in ${(verdict.delayMs / 1000).toFixed(1)} s`;
    case 'snooze':
      return `again at ${verdict.until.toISOString()}`;
    case 'hand-back':
      return 'goes on from its checkpoint';
    case 'continue':
      return `goes on from its checkpoint in ${(verdict.delayMs / 1000).toFixed(1)} s`;
    case 'fail':
      return 'not retried';
  }
}

function goingDown(): ShutdownError {
  return new ShutdownError('The process is shutting down');
}
