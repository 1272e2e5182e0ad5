import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Server, Socket } from 'socket.io';
import { RequestLimits } from '../auth/request-limits.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { sendFailure } from '../http/failure.js';
import { Tarpit } from '../http/tarpit.js';

/** A socket that has left so many answers unread is cut off. Reading them takes a client no longer than sending messages. */
const MOST_UNREAD = 10_000;

/** The parts of an Engine.IO handshake used here; `_query` is the parsed query. */
type EngineRequest = IncomingMessage & { readonly _query?: { readonly sid?: unknown } };

/** What Engine.IO's public types leave out. */
interface Connection {
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly socket?: { terminate(): void } };
}

/** Counts what comes over sockets like requests, with the same limits. */
@Injectable()
export class SocketLimits {
  /** The connections that have shown their token, which each may do once. */
  private readonly asked = new WeakSet<object>();
  private readonly tarpit = new Tarpit();

  constructor(
    private readonly limits: RequestLimits,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Counts handshakes by address before anything is kept for them, because their token comes later. The one with a valid
   * token is given back, so people behind one address do not share a limit.
   */
  countHandshakes({ engine }: Server): void {
    engine.use((request: EngineRequest, response: ServerResponse, next: (error?: Error) => void) => {
      const begins = !request._query?.sid;
      const waitS = begins ? this.limits.waitForHandshake(this.addressOf(request.headers, request.socket)) : 0;
      if (waitS === 0) next();
      else if (request.headers.upgrade !== undefined) next(new Error('TOO_MANY_REQUESTS'));
      else this.tarpit.hold(response, () => refuse(response, waitS));
    });
  }

  /** Whether a connection may show its token: a second one is a guess that was not counted. */
  mayAsk({ conn }: Socket): boolean {
    if (this.asked.has(conn)) return false;
    this.asked.add(conn);
    return true;
  }

  /** Takes a handshake off the count of its address: from now on its person is counted. */
  giveBack(socket: Socket): void {
    this.limits.giveBackHandshake(this.addressOfSocket(socket));
  }

  /** Of the network that it comes from. */
  addressOfSocket({ handshake }: Socket): string | undefined {
    return this.addressOf(handshake.headers, { remoteAddress: handshake.address });
  }

  /** Counts every message of a socket, also those that nobody listens to. What is refused is answered and goes no further. */
  countMessages(socket: Socket, userId: string): void {
    socket.use(([, ...payload], next) => {
      const retryAfter = this.limits.waitForUser(userId);
      if (retryAfter === 0) {
        next();
        return;
      }
      const { writeBuffer, transport } = socket.conn as unknown as Connection;
      if (writeBuffer.length > MOST_UNREAD) {
        transport.socket?.terminate();
        return;
      }
      const last = payload.at(-1) as unknown;
      if (typeof last === 'function') (last as (answer: unknown) => void)(tooMany(retryAfter)); // Its acknowledgement.
    });
  }

  private addressOf(headers: IncomingHttpHeaders, { remoteAddress }: { readonly remoteAddress?: string | undefined }) {
    const forwarded = this.config.trustProxy ? headers['x-forwarded-for'] : undefined;
    return String(forwarded ?? remoteAddress)
      .split(',')
      .at(-1)
      ?.trim();
  }
}

/** The acknowledgement of a message that was not accepted. `retryAfter` in seconds. */
export function tooMany(retryAfter: number) {
  return { error: { code: 'TOO_MANY_REQUESTS', retryAfter } };
}

function refuse(response: ServerResponse, retryAfter: number): void {
  const message = 'Too many sockets. Wait for the time in Retry-After.';
  sendFailure(response, { status: 429, code: 'TOO_MANY_REQUESTS', message, retryAfter });
}
