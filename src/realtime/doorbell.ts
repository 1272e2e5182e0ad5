import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { DurableEvent, TransientEvent } from './events.js';

/**
 * Tells the gateway that a user's log has grown, and carries what is not worth logging. Nothing depends on a ring
 * arriving, arriving once, or in order: the gateway knows the numbers, and also compares them at intervals.
 */
@Injectable()
export class Doorbell {
  private readonly emitter = new EventEmitter();

  /** @param events what the log has got, oldest first, so that it need not be read; none means to look there */
  ring(userId: string, events: readonly DurableEvent[]): void {
    this.emitter.emit('ring', userId, events);
  }

  onRing(listener: (userId: string, events: readonly DurableEvent[]) => void): void {
    this.emitter.on('ring', listener);
  }

  /** Shows a transient event to the user's open sockets. */
  show(userId: string, event: TransientEvent): void {
    this.emitter.emit('transient', userId, event);
  }

  onTransient(listener: (userId: string, event: TransientEvent) => void): void {
    this.emitter.on('transient', listener);
  }
}
