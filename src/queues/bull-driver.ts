import type { Job, JobStatus, Queue, QueueOptions } from 'bull';
import type { RedisClients } from '../redis/redis-clients.js';
import type { DispatchedJob, QueuedJob } from './queued-job.js';
import { JOB_NAMES, definitionOf, QUEUE_NAMES, type JobName, type QueueName } from './jobs.js';
import { QueueDriver } from './queue-driver.js';

/** Bull's states of jobs that are not running. */
const RESTING: JobStatus[] = ['waiting', 'paused', 'delayed', 'completed', 'failed'];

/** The longest wait for Bull to pause or close; with a Redis that answers it takes milliseconds. */
const GOODBYE_MS = 2_000;

/**
 * The options of our Bull queues. Bull delivers due jobs and detects dead workers; delays, retries and limits are the
 * ledger's work. Delivering a hint twice is harmless, so Bull may redeliver without limit.
 */
export function bullOptions(redis: RedisClients): QueueOptions {
  return {
    prefix: redis.prefix,
    // Bull's types ask for a plain connection; it takes a cluster as well.
    createClient: (type) => redis.get(type),
    settings: {
      retryProcessDelay: 250,
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    },
  };
}

/** Carries jobs to any number of worker processes through Bull on Redis. */
export class BullDriver extends QueueDriver {
  readonly synchronous = false;
  private closing = false;

  constructor(
    private readonly queues: ReadonlyMap<QueueName, Queue>,
    private readonly redis: RedisClients,
  ) {
    super();
    for (const queue of queues.values()) {
      // The connections log an outage once; without a listener Bull would log every attempt.
      queue.on('error', () => undefined);
      this.watch(queue);
    }
  }

  /** None while Redis is away: hints would be lost, or out of date by the time they arrive. */
  room(): number {
    return this.redis.get('client').status === 'ready' ? 1_000 : 0;
  }

  /** One by one: of a bulk Bull hides which were refused, for example by a Redis that is full. */
  async add(jobs: readonly DispatchedJob[]): Promise<unknown> {
    return Promise.all(jobs.map((job) => this.addOne(job)));
  }

  missingHandlers(): readonly JobName[] {
    return JOB_NAMES.filter((name) => !(name in handlersOf(this.queueOf(definitionOf(name).queue))));
  }

  servedQueues(): readonly QueueName[] {
    return QUEUE_NAMES.filter((name) => Object.keys(handlersOf(this.queueOf(name))).length > 0);
  }

  async entries(): Promise<readonly QueuedJob[]> {
    const jobs = await Promise.all([...this.queues.values()].map((queue) => queue.getJobs(RESTING)));
    // A job removed between listing and reading arrives as null, which Bull's types leave out.
    return jobs.flat().flatMap((job) => ((job as Job<QueuedJob> | null) ? [job.data as QueuedJob] : []));
  }

  async remove(entries: readonly QueuedJob[]): Promise<void> {
    for (const entry of entries) {
      for (const queue of this.queues.values()) {
        // A running job is locked, so its removal is refused.
        await (await queue.getJob(bullIdOf(entry)))?.remove().catch(() => undefined);
      }
    }
  }

  ping(): Promise<void> {
    return this.redis.ping();
  }

  async stopTaking(): Promise<void> {
    this.closing = true;
    await withinGoodbye(this.servedQueues().map((name) => this.queueOf(name).pause(true, true)));
  }

  /** Bull closes its connections and waits for Redis to answer; without an answer they are cut. */
  async close(): Promise<void> {
    const closing = [...this.queues.values()].map((queue) => queue.close(true));
    await withinGoodbye(closing);
    this.redis.close();
    await Promise.allSettled(closing);
  }

  /**
   * Handles the promises of a starting queue, which nobody awaits: a queue that cannot start ends the process, but one
   * that is closed while it starts must not.
   */
  private watch(queue: Queue): void {
    const unlessClosing = (error: unknown) => {
      if (!this.closing) throw error;
    };
    const begin = queue.process.bind(queue) as (...handler: unknown[]) => Promise<void>; // One type for all overloads.
    const giveName = queue.setWorkerName.bind(queue) as () => Promise<void>;
    queue.process = (...handler: unknown[]) => begin(...handler).catch(unlessClosing);
    queue.setWorkerName = () => giveName().catch(unlessClosing);
  }

  private addOne({ name, priority, runAt: _, ...hint }: DispatchedJob): Promise<unknown> {
    const { queue, keep } = definitionOf(name);
    return this.queueOf(queue).add(name, hint, {
      // Every dispatch has its own Bull id: Bull ignores a job whose id it still keeps.
      jobId: bullIdOf(hint),
      priority,
      attempts: 1,
      removeOnComplete: keep.completed,
      removeOnFail: keep.failed,
    });
  }

  private queueOf(name: QueueName): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`No queue ${name}`);
    return queue;
  }
}

/** The Bull id of a dispatch: Bull's history can hold several of one job. */
function bullIdOf({ jobId, dispatch }: Pick<QueuedJob, 'jobId' | 'dispatch'>): string {
  return `${jobId}-${dispatch}`;
}

/** Waits for all to settle, at most `GOODBYE_MS`. */
async function withinGoodbye(promises: readonly Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)));
  await Promise.race([Promise.allSettled(promises), timeout]);
  clearTimeout(timer);
}

/** Bull keeps the handlers by job name in a field that its types leave out. */
function handlersOf(queue: Queue): Record<string, unknown> {
  return (queue as Queue & { handlers: Record<string, unknown> }).handlers;
}
