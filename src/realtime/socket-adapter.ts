import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { lastValueFrom, type Observable } from 'rxjs';
import type { ApiError } from '../http/api-error.js';
import { bodyOf, failureOf, sendFailure } from '../http/failure.js';
import type { OwnSite } from '../http/own-site.js';

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
 * It refuses sockets under other hosts and of other sites' pages, before there is a connection.
 */
export class SocketAdapter extends IoAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly site: OwnSite,
  ) {
    super(app);
  }

  override createIOServer(...given: Parameters<IoAdapter['createIOServer']>): ReturnType<IoAdapter['createIOServer']> {
    const server = super.createIOServer(...given);
    server.engine.use((request: IncomingMessage, response: object, next: () => void) => {
      const refusal = this.site.wrongHost(request, '/socket.io') ?? this.site.foreignPage(request);
      if (refusal) refuse(refusal, request, response);
      else next();
    });
    return server;
  }

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

/** Answers a poll, or an upgrade to a websocket, where Engine.IO hands over a stand-in that sends nothing. */
function refuse(refusal: ApiError, { socket }: IncomingMessage, response: object): void {
  const failure = failureOf(refusal);
  if (response instanceof ServerResponse) {
    response.setHeader('Connection', 'close');
    sendFailure(response as ServerResponse, failure);
    return;
  }
  // Node handles neither errors nor the end of a socket that it has handed over for an upgrade.
  socket.on('error', () => socket.destroy());
  const body = bodyOf(failure);
  const answer = [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
  socket.end(answer, () => socket.destroy());
}
