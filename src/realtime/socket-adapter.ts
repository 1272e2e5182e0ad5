import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { lastValueFrom, type Observable } from 'rxjs';

/** The parts of a socket used here. Nest brings its own copy of Socket.IO, whose types are others. */
interface Listening {
  on(message: string, listener: (...payload: unknown[]) => void): unknown;
}

/** Nest types neither. */
interface Mapped {
  readonly data: unknown;
  readonly ack?: (answer: unknown) => void;
}

/**
 * Nest's adapter with plain listeners for messages, answered by acknowledgement. Nest's own RxJS subscriptions of every
 * socket take more memory than the rest of the framework.
 */
export class SocketAdapter extends IoAdapter {
  override bindMessageHandlers(
    socket: Listening,
    handlers: MessageMappingProperties[],
    transform: (answer: unknown) => Observable<unknown>,
  ): void {
    for (const handler of handlers) {
      const { message, callback } = handler as { message: string; callback: (body: unknown) => unknown };
      socket.on(message, (...payload) => {
        const { data, ack } = this.mapPayload(payload.length === 1 ? payload[0] : payload) as Mapped;
        lastValueFrom(transform(callback(data)), { defaultValue: undefined })
          .then((answer) => {
            // When a handler fails, Nest has sent the error to the client, and there is no answer.
            if (answer !== undefined) ack?.(answer);
          })
          .catch((error: unknown) => this.logger.error(error));
      });
    }
  }
}
