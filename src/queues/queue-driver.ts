import type { DispatchedJob, QueuedJob } from './queued-job.js';
import type { JobName, QueueName } from './jobs.js';

/**
 * Delivers dispatched jobs to their handlers. Time, order, limits and outcomes are decided by the ledger; one contract
 * suite tests every driver.
 */
export abstract class QueueDriver {
  /** Whether jobs run in this process, inside `add`. */
  abstract readonly synchronous: boolean;

  /** How many more jobs of a queue this driver takes now; other processes are not counted. */
  abstract room(queue: QueueName): number;

  /** Delivers hints, in this order. A rejection means that some may be lost; they are sent again later. */
  abstract add(jobs: readonly DispatchedJob[]): Promise<unknown>;

  /** Jobs of the table that no `@Process` method of this process takes. */
  abstract missingHandlers(): readonly JobName[];

  /** @throws Error with the reason why jobs cannot be delivered at the moment */
  abstract ping(): Promise<void>;

  /** Takes no new jobs; running ones continue. */
  abstract stopTaking(): Promise<void>;

  /** Closes all connections. */
  abstract close(): Promise<void>;

  /** Its entries of jobs that are not running: undelivered hints and its own history. */
  abstract entries(): Promise<readonly QueuedJob[]>;

  /** Removes entries, except those that run by now or are gone. */
  abstract remove(entries: readonly QueuedJob[]): Promise<void>;

  /** The queues that have handlers in this process. */
  abstract servedQueues(): readonly QueueName[];
}
