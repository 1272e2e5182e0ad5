import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { lastValueFrom, type Observable } from 'rxjs';

/** What is needed of a socket, whichever Socket.IO it comes from: Nest brings one of its own. */
interface Listening {
  on(message: string, listener: (...payload: unknown[]) => void): unknown;
}

/** Nest leaves both open. */
interface Mapped {
  readonly data: unknown;
  readonly ack?: (answer: unknown) => void;
}

/**
 * Nest's adapter with plain listeners for messages, answered by acknowledgement. Its own are RxJS subscriptions, which
 * every socket keeps and which take more memory than all the rest of the framework.
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
            // Of a handler that fails Nest has told the client, and there is no answer.
            if (answer !== undefined) ack?.(answer);
          })
          .catch((error: unknown) => this.logger.error(error));
      });
    }
  }
}
