import type { DispatchedJob, QueuedJob } from './queued-job.js';
import type { JobName, QueueName } from './jobs.js';

/**
 * What carries dispatched jobs to handlers. A driver decides nothing: time, order, limits and outcomes are the
 * ledger's, and one contract suite holds for every driver.
 */
export abstract class QueueDriver {
  /** Whether jobs run in this process, inside `add`. */
  abstract readonly synchronous: boolean;

  /** How many more jobs of a queue this driver can be given now, whatever other processes can take. */
  abstract room(queue: QueueName): number;

  /** Hands a job over. A rejection means that the hint may be lost; it is given again later. */
  abstract add(job: DispatchedJob): Promise<unknown>;

  /** Jobs of the table that no `@Process` method of this process takes. */
  abstract missingHandlers(): readonly JobName[];

  /** @throws Error saying why jobs cannot be carried at the moment */
  abstract ping(): Promise<void>;

  /** Takes nothing new from here on; what runs goes on. */
  abstract stopTaking(): Promise<void>;

  /** Lets go of everything. */
  abstract close(): Promise<void>;

  /** What it keeps of jobs that are not running: hints on their way, and its own history. */
  abstract entries(): Promise<readonly QueuedJob[]>;

  /** Removes such entries; those that have begun to run meanwhile, or are gone already, are left alone. */
  abstract remove(entries: readonly QueuedJob[]): Promise<void>;

  /** The queues whose handlers are all here. */
  abstract servedQueues(): readonly QueueName[];
}
