import type { Job, JobStatus, Queue, QueueOptions } from 'bull';
import type { RedisClients } from '../redis/redis-clients.js';
import type { DispatchedJob, QueuedJob } from './queued-job.js';
import { JOB_NAMES, definitionOf, QUEUE_NAMES, type JobName, type QueueName } from './jobs.js';
import { QueueDriver } from './queue-driver.js';

/** The states of Bull's in which a job does not run. */
const RESTING: JobStatus[] = ['waiting', 'paused', 'delayed', 'completed', 'failed'];

/** Much longer than it takes with a Redis that answers. */
const GOODBYE_MS = 2_000;

/**
 * How our Bull queues are made. Bull carries ready work and notices dead workers; it neither waits, retries nor limits
 * (those are the ledger's), and a redelivered hint is harmless, so redelivery is never given up.
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
      // Outages are reported once by the connections; without a listener every attempt would be.
      queue.on('error', () => undefined);
      this.watch(queue);
    }
  }

  /** While Redis is away nothing is handed out: it would be lost, and what is there already would be out of date. */
  room(): number {
    return this.redis.get('client').status === 'ready' ? 1_000 : 0;
  }

  async add({ name, priority, runAt: _, ...hint }: DispatchedJob): Promise<unknown> {
    const { queue, keep } = definitionOf(name);
    return this.queueOf(queue).add(name, hint, {
      // Every dispatch is a Bull job of its own: Bull ignores a second one with an id that it still keeps.
      jobId: bullIdOf(hint),
      priority,
      attempts: 1,
      removeOnComplete: keep.completed,
      removeOnFail: keep.failed,
    });
  }

  missingHandlers(): readonly JobName[] {
    return JOB_NAMES.filter((name) => !(name in handlersOf(this.queueOf(definitionOf(name).queue))));
  }

  servedQueues(): readonly QueueName[] {
    return QUEUE_NAMES.filter((name) => Object.keys(handlersOf(this.queueOf(name))).length > 0);
  }

  async entries(): Promise<readonly QueuedJob[]> {
    const jobs = await Promise.all([...this.queues.values()].map((queue) => queue.getJobs(RESTING)));
    // A job that is removed between its listing and its reading comes as null, whatever the types say.
    return jobs.flat().flatMap((job) => ((job as Job<QueuedJob> | null) ? [job.data as QueuedJob] : []));
  }

  async remove(entries: readonly QueuedJob[]): Promise<void> {
    for (const entry of entries) {
      for (const queue of this.queues.values()) {
        // A job that runs is locked, and refuses.
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

  /** Bull says goodbye to Redis and waits for its answer; when there is none, the connections are cut. */
  async close(): Promise<void> {
    const closing = [...this.queues.values()].map((queue) => queue.close(true));
    await withinGoodbye(closing);
    this.redis.close();
    await Promise.allSettled(closing);
  }

  /**
   * What a queue promises at its beginning is looked at by nobody. One that cannot begin ends the process, as it must,
   * but one that is closed while it begins has nothing to complain of.
   */
  private watch(queue: Queue): void {
    const unlessClosing = (error: unknown) => {
      if (!this.closing) throw error;
    };
    const begin = queue.process.bind(queue) as (...handler: unknown[]) => Promise<void>; // Of its overloads, any.
    const giveName = queue.setWorkerName.bind(queue) as () => Promise<void>;
    queue.process = (...handler: unknown[]) => begin(...handler).catch(unlessClosing);
    queue.setWorkerName = () => giveName().catch(unlessClosing);
  }

  private queueOf(name: QueueName): Queue {
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`No queue ${name}`);
    return queue;
  }
}

/** A dispatch's own id: Bull's history can hold several of one job. */
function bullIdOf({ jobId, dispatch }: Pick<QueuedJob, 'jobId' | 'dispatch'>): string {
  return `${jobId}-${dispatch}`;
}

/** Waits for them to settle, but not longer than an end may be held up by a Redis that does not answer. */
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
