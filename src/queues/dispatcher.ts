import { Injectable, Logger } from '@nestjs/common';
import { dispatchSeconds } from '../metrics/metrics.js';
import { describeError } from './errors.js';
import { JobDispatch, type Dispatched } from './job-dispatch.js';
import { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { QUEUE_NAMES } from './jobs.js';
import { QueueDriver } from './queue-driver.js';

/** Leases, expiries and lost hints are looked for this often; it also bounds how late a missed wake-up is noticed. */
const SWEEP_MS = 1_000;

/**
 * Brings due rows to their queues. It acts when it is woken (after a commit, when a slot is free) and when its one
 * timer fires: at the next `run_at`, at the next start the limit allows, or for the sweep, whichever comes first.
 */
@Injectable()
export class Dispatcher {
  private readonly logger = new Logger('Queue');
  private timer: NodeJS.Timeout | undefined;
  private sweptAt = 0;
  private turn: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly jobs: JobDispatch,
    private readonly recovery: JobRecovery,
    private readonly driver: QueueDriver,
    private readonly signals: JobSignals,
  ) {}

  start(): void {
    this.signals.onWake(() => this.wake());
    this.wake();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turn;
  }

  /** Looks for due jobs now; calls during a look are answered by one more look. */
  wake(): void {
    if (this.stopped) return;
    if (this.turn) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.turn = this.look().finally(() => {
      this.turn = undefined;
      if (this.again) {
        this.again = false;
        this.wake();
      }
    });
  }

  private async look(): Promise<void> {
    let nextMs = SWEEP_MS;
    try {
      if (Date.now() - this.sweptAt >= SWEEP_MS) await this.sweep();
      for (const queue of QUEUE_NAMES) {
        const stopwatch = dispatchSeconds.startTimer({ queue });
        for (const job of await this.jobs.takeDue(queue, this.driver.room(queue))) this.hand(job);
        stopwatch();
        nextMs = Math.min(nextMs, (await this.jobs.nextDueInMs(queue)) ?? SWEEP_MS);
      }
    } catch (error) {
      this.logger.warn(`Dispatch failed, next try in ${SWEEP_MS / 1000} s: ${describeError(error).message}`);
    }
    if (!this.stopped) this.timer = setTimeout(() => this.wake(), nextMs);
  }

  private async sweep(): Promise<void> {
    this.sweptAt = Date.now();
    await this.recovery.reclaimExpiredLeases();
    await this.recovery.expire();
    for (const queue of QUEUE_NAMES) {
      for (const job of await this.jobs.takeUnclaimed(queue)) this.hand(job);
    }
  }

  /** Not awaited: a synchronous queue runs the job inside `add`, and a hint lost on Redis is given again by the sweep. */
  private hand(job: Dispatched): void {
    this.driver.add(job).catch((error: unknown) => {
      this.logger.warn(`Job ${job.jobId} could not be handed to its queue: ${describeError(error).message}`);
    });
  }
}
