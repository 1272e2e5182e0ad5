import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { DurableEvent, TransientEvent } from './events.js';

/**
 * Notifies the gateway of new events in a user's log (a ring), and carries transient events. Rings may be lost, repeated
 * or reordered: the gateway checks the events' numbers and also compares them with the log at intervals.
 */
@Injectable()
export class Doorbell {
  private readonly emitter = new EventEmitter();

  /**
   * @param events the new events, oldest first, so that the log need not be read; if empty it must be
   * @param epoch the epoch of their numbers
   */
  ring(userId: string, events: readonly DurableEvent[], epoch?: string): void {
    this.emitter.emit('ring', userId, events, epoch);
  }

  onRing(listener: (userId: string, events: readonly DurableEvent[], epoch: string | undefined) => void): void {
    this.emitter.on('ring', listener);
  }

  /** Sends a transient event to the user's open sockets. */
  show(userId: string, event: TransientEvent): void {
    this.emitter.emit('transient', userId, event);
  }

  onTransient(listener: (userId: string, event: TransientEvent) => void): void {
    this.emitter.on('transient', listener);
  }
}
