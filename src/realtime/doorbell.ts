import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { TransientEvent } from './events.js';

/**
 * Tells the gateway that a user's log has grown, and carries what is not worth logging. Nothing depends on a ring
 * arriving: the gateway also compares numbers at intervals.
 */
@Injectable()
export class Doorbell {
  private readonly emitter = new EventEmitter();

  ring(userId: string): void {
    this.emitter.emit('ring', userId);
  }

  onRing(listener: (userId: string) => void): void {
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
