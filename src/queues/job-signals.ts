import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { QueueName } from './jobs.js';

/** Signals within this process after a commit: there may be work to dispatch, or a job has ended. */
@Injectable()
export class JobSignals {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  /** Signals that a job of the queue may be due now. */
  wake(queue: QueueName): void {
    this.emitter.emit('wake', queue);
  }

  onWake(listener: (queue: QueueName) => void): void {
    this.emitter.on('wake', listener);
  }

  /** Signals that a run has ended, so a slot is free. */
  free(queue: QueueName): void {
    this.emitter.emit('free', queue);
    this.wake(queue);
  }

  onFree(listener: (queue: QueueName) => void): void {
    this.emitter.on('free', listener);
  }

  /** Signals that the job is completed, failed for good, cancelled or expired. */
  settle(jobId: string): void {
    this.emitter.emit(`settled:${jobId}`);
  }

  /** Calls `listener` once when the job settles in this process. Returns a function that removes the listener. */
  onSettled(jobId: string, listener: () => void): () => void {
    const event = `settled:${jobId}`;
    this.emitter.once(event, listener);
    return () => this.emitter.off(event, listener);
  }
}
