import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

/** The part of Bull's `Job` that our processors use. */
export interface QueueJob<Data> {
  readonly id: string;
  readonly name: string;
  readonly data: Data;
  /** What Bull does with the entry when the handler has ended; it reads this only then. */
  readonly opts?: { removeOnComplete?: boolean | object | number; removeOnFail?: boolean | object | number };
}

type Handler = (job: QueueJob<unknown>) => Promise<unknown>;

/**
 * Takes a Bull queue's place when there is no Redis: the handler runs inside `add`. It is registered under Bull's own
 * injection token, so `@Processor` classes are wired to it unchanged. Time, order, limits, pause and retries are
 * decided by the ledger, so they are the same with both.
 */
export class SynchronousQueue extends EventEmitter {
  private readonly handlers = new Map<string, Handler>();
  private underWay = 0;

  constructor(readonly name: string) {
    super();
  }

  /** Bull's signature; the caller of `add` limits how many run at once. */
  process(name: string, ...rest: [number, Handler] | [Handler]): void {
    if (this.handlers.has(name)) throw new Error(`Two handlers for ${name} in queue ${this.name}`);
    this.handlers.set(name, rest[rest.length - 1] as Handler); // Bull's overloads: the handler comes last.
  }

  /** Jobs whose `add` has not ended. */
  get running(): number {
    return this.underWay;
  }

  handles(name: string): boolean {
    return this.handlers.has(name);
  }

  /** Resolves when the handler has ended. A failed job does not reject, because its enqueuer has not failed. */
  async add(name: string, data: unknown): Promise<QueueJob<unknown>> {
    // Copied through JSON, as on Redis, so that no handler depends on shared objects.
    const job = { id: randomUUID(), name, data: JSON.parse(JSON.stringify(data)) as unknown };
    const handler = this.handlers.get(name);
    this.underWay += 1;
    try {
      if (!handler) throw new Error(`No handler for ${name} in queue ${this.name}`);
      this.emit('completed', job, await handler(job));
    } catch (error) {
      this.emit('failed', job, error);
    } finally {
      this.underWay -= 1;
    }
    return job;
  }
}
