import { getQueueToken } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Dispatched } from './job-dispatch.js';
import { JOB_NAMES, policyOf, type QueueName } from './jobs.js';
import { SynchronousQueue } from './synchronous-queue.js';

/** The queues behind Bull's tokens. */
@Injectable()
export class Queues {
  constructor(private readonly moduleRef: ModuleRef) {}

  /** Whether jobs run in this process, without Redis. */
  get synchronous(): boolean {
    return true;
  }

  add({ name, priority: _, ...hint }: Dispatched): Promise<unknown> {
    return this.queue(policyOf(name).queue).add(name, hint);
  }

  /** @throws Error naming every job of the table that no `@Process` method takes */
  refuseMissingHandlers(): void {
    const missing = JOB_NAMES.filter((name) => !this.queue(policyOf(name).queue).handles(name));
    if (missing.length > 0) {
      throw new Error(
        `No handler for ${missing.join(', ')}: each job in queues/jobs.ts needs a method with @Process('<job>') in a class with @Processor('<queue>')`,
      );
    }
  }

  private queue(name: QueueName): SynchronousQueue {
    return this.moduleRef.get<SynchronousQueue>(getQueueToken(name), { strict: false });
  }
}
