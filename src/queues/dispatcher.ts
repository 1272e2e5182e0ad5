import { Injectable, Logger } from '@nestjs/common';
import { dispatchSeconds } from '../metrics/metrics.js';
import { ClockRepair } from './clock-repair.js';
import { describeError } from './errors.js';
import { DueJobs } from './due-jobs.js';
import { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { limiterOf, QUEUE_NAMES, type QueueName } from './jobs.js';
import { RENEW_EVERY_MS } from './leases.js';
import { Pace } from './pace.js';
import { QueueDriver } from './queue-driver.js';
import type { DispatchedJob } from './queued-job.js';

/** How often leases, expiries and lost hints are checked, and the longest delay after a missed wake-up. */
const SWEEP_MS = 1_000;

/** The same in the only process of a deployment, which causes every change itself and so misses none. */
const SWEEP_ALONE_MS = 3_000;

/** The least time between two looks, so that one look serves many commits at once. */
const GATHER_MS = 20;

/**
 * Short runs free slots while a look is under way, so as many more jobs are handed out as are expected to end within
 * this time. With long runs that is none, so the order of waiting jobs and the reserved slots hold.
 */
const AHEAD_MS = 100;

/** How often times from before a step back of the database's clock are looked for. */
const FOLLOW_CLOCK_MS = 60_000;

/** After an outage of the database of this length living workers may not have renewed their leases. */
const OUTAGE_MS = 5_000;

/** How long after an outage, or the start, no lease is reclaimed, so that workers can renew theirs. */
const RENEWED_MS = RENEW_EVERY_MS + 2_000;

/**
 * Hands due jobs to their queues. It acts when it is woken (after a commit, when a slot is free) and when its timer
 * fires: at the next `run_at`, at the next start that the limit allows, or for the sweep, whichever comes first.
 */
@Injectable()
export class Dispatcher {
  private readonly logger = new Logger('Queue');
  /** When each queue is looked at next, by `performance.now()`. */
  private readonly nextLook = new Map<QueueName, number>(QUEUE_NAMES.map((queue) => [queue, 0]));
  /** How quickly the slots of this process become free. */
  private readonly paces = new Map(QUEUE_NAMES.map((queue) => [queue, new Pace()]));
  private sweepMs = SWEEP_MS;
  private timer: NodeJS.Timeout | undefined;
  private sweptAt = -Infinity;
  private clockFollowedAt = -Infinity;
  /** When the last sweep succeeded. A process that starts may do so at the end of an outage. */
  private answeredAt = -Infinity;
  private reclaimFrom = -Infinity;
  private lookedAt = -Infinity;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly jobs: DueJobs,
    private readonly recovery: JobRecovery,
    private readonly clock: ClockRepair,
    private readonly driver: QueueDriver,
    private readonly signals: JobSignals,
  ) {}

  /** @param alone whether this is the only process of the deployment */
  start(alone = false): void {
    if (alone) this.sweepMs = SWEEP_ALONE_MS;
    this.signals.onWake((queue) => this.wake(queue));
    this.signals.onFree((queue) => this.paces.get(queue)?.note(performance.now()));
    this.schedule();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private wake(queue: QueueName): void {
    this.nextLook.set(queue, 0);
    if (!this.looking) this.schedule();
  }

  /** Sets the timer for the next look. */
  private schedule(): void {
    if (this.stopped) return;
    const due = Math.min(this.sweptAt + this.sweepMs, ...this.nextLook.values());
    const at = Math.max(due, this.lookedAt + GATHER_MS);
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.looking = this.look().finally(() => {
          this.looking = undefined;
          this.schedule();
        });
      },
      Math.max(0, at - performance.now()),
    );
  }

  private async look(): Promise<void> {
    this.lookedAt = performance.now();
    const queues = QUEUE_NAMES.filter((queue) => (this.nextLook.get(queue) ?? 0) <= this.lookedAt);
    // Set before reading, so that a wake-up during the look causes another look.
    for (const queue of queues) this.nextLook.set(queue, this.lookedAt + this.sweepMs);
    try {
      if (this.lookedAt - this.sweptAt >= this.sweepMs) await this.sweep();
      for (const queue of queues) await this.dispatch(queue);
    } catch (error) {
      for (const queue of queues) this.lookBy(queue, this.lookedAt + SWEEP_MS);
      this.logger.warn(`Dispatch failed, next try in ${SWEEP_MS / 1000} s: ${describeError(error).message}`);
    }
  }

  private lookBy(queue: QueueName, at: number): void {
    this.nextLook.set(queue, Math.min(this.nextLook.get(queue) ?? 0, at));
  }

  private async dispatch(queue: QueueName): Promise<void> {
    const stopwatch = dispatchSeconds.startTimer({ queue });
    const ahead = Math.floor(this.paces.get(queue)?.within(AHEAD_MS, performance.now()) ?? 0);
    const taken = await this.jobs.takeDue(queue, this.driver.room(queue), limiterOf(queue) ? 0 : ahead);
    this.hand(taken ?? []);
    stopwatch();
    // Look again at once if jobs were due, because there may be more, or if another dispatcher was choosing.
    const dueInMs = taken?.length !== 0 ? 0 : await this.jobs.nextDueInMs(queue);
    if (dueInMs === undefined) return;
    this.lookBy(queue, performance.now() + dueInMs);
  }

  /** What there is too much of for one sweep is left to the next ones, which follow at once but for a look. */
  private async sweep(): Promise<void> {
    const now = (this.sweptAt = performance.now());
    if (now - this.answeredAt > OUTAGE_MS) this.reclaimFrom = now + RENEWED_MS;
    let more = false;
    if (now - this.clockFollowedAt >= FOLLOW_CLOCK_MS) {
      more = await this.clock.followClock();
      if (!more) this.clockFollowedAt = now;
    }
    if (now >= this.reclaimFrom && (await this.recovery.reclaimExpiredLeases())) more = true;
    if (await this.recovery.expire()) more = true;
    for (const queue of QUEUE_NAMES) {
      if (this.driver.room(queue) === 0) continue; // The hint would be lost again.
      this.hand(await this.jobs.takeUnclaimed(queue));
    }
    this.answeredAt = performance.now();
    if (more) this.sweptAt = -Infinity;
  }

  /** Not awaited: a synchronous queue runs the jobs inside `add`, and the sweep sends hints lost on Redis again. */
  private hand(jobs: readonly DispatchedJob[]): void {
    if (jobs.length === 0) return;
    this.driver.add(jobs).catch((error: unknown) => {
      const ids = jobs.map(({ jobId }) => jobId).join(', ');
      this.logger.warn(`Jobs could not be handed to their queue (${ids}): ${describeError(error).message}`);
    });
  }
}
