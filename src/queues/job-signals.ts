import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { QueueName } from './jobs.js';

/** What the ledger tells this process after a commit: there is work to dispatch, or a job has come to its end. */
@Injectable()
export class JobSignals {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  /** Something may be due now in a queue. */
  wake(queue: QueueName): void {
    this.emitter.emit('wake', queue);
  }

  onWake(listener: (queue: QueueName) => void): void {
    this.emitter.on('wake', listener);
  }

  /** A run has ended, so a slot is free. */
  free(queue: QueueName): void {
    this.emitter.emit('free', queue);
    this.wake(queue);
  }

  onFree(listener: (queue: QueueName) => void): void {
    this.emitter.on('free', listener);
  }

  /** The job is completed, failed for good, cancelled or expired. */
  settle(jobId: string): void {
    this.emitter.emit(`settled:${jobId}`);
  }

  /** Calls back once when the job settles in this process; returns how to stop listening. */
  onSettled(jobId: string, listener: () => void): () => void {
    const event = `settled:${jobId}`;
    this.emitter.once(event, listener);
    return () => this.emitter.off(event, listener);
  }
}
