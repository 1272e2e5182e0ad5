import type { DispatchedJob, QueuedJob } from './queued-job.js';
import { JOB_NAMES, definitionOf, QUEUE_NAMES, slotsOf, type JobName, type QueueName } from './jobs.js';
import { QueueDriver } from './queue-driver.js';
import type { SynchronousQueue } from './synchronous-queue.js';

/** Runs jobs in this process, without Redis. */
export class SynchronousDriver extends QueueDriver {
  readonly synchronous = true;

  constructor(private readonly queues: ReadonlyMap<QueueName, SynchronousQueue>) {
    super();
  }

  room(queue: QueueName): number {
    return slotsOf(queue) - (this.queues.get(queue)?.running ?? 0);
  }

  add(jobs: readonly DispatchedJob[]): Promise<unknown> {
    return Promise.all(
      jobs.map(({ name, priority: _priority, runAt: _runAt, ...hint }) => {
        const queue = this.queues.get(definitionOf(name).queue);
        if (!queue) throw new Error(`No queue for ${name}`);
        return queue.add(name, hint);
      }),
    );
  }

  missingHandlers(): readonly JobName[] {
    return JOB_NAMES.filter((name) => !this.queues.get(definitionOf(name).queue)?.handles(name));
  }

  servedQueues(): readonly QueueName[] {
    return QUEUE_NAMES;
  }

  /** None: jobs run inside `add` and are not kept. */
  entries(): Promise<readonly QueuedJob[]> {
    return Promise.resolve([]);
  }

  async remove(): Promise<void> {}

  async ping(): Promise<void> {}

  async stopTaking(): Promise<void> {}

  async close(): Promise<void> {}
}
