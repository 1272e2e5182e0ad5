import { Logger, type OnModuleDestroy } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { z } from 'zod';
import { RequestLimits } from '../auth/request-limits.js';
import { Tokens, type Identity } from '../auth/tokens.js';
import { Users } from '../auth/users.js';
import { config } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { Doorbell } from './doorbell.js';
import { EventLog } from './event-log.js';
import type { DurableEvent, TransientEvent } from './events.js';
import { Snapshots } from './snapshots.js';
import { UserFeed } from './user-feed.js';

/** How late an event can be when no doorbell rings. */
const COMPARE_EVERY_MS = 3_000;

/** A socket that has so many messages unsent is not read at its other end; it is cut off and may come back. */
const MOST_UNSENT = 1_000;

/** How much longer than its token a socket may live. */
const EXPIRE_EVERY_MS = 1_000;

const replayRequest = z.object({
  since: z.number().int().min(0),
  limit: z.number().int().min(1).max(500).default(200),
});

/** What Engine.IO has not handed to the network yet; its types keep it to themselves. */
interface Connection {
  readonly writeBuffer: readonly unknown[];
  /** With a WebSocket, or none where the client polls. */
  readonly transport: { readonly socket?: { terminate(): void } };
  close(discard: boolean): void;
}

type UserSocket = Socket<
  Record<string, never>,
  Record<string, (payload: unknown) => void>,
  Record<string, never>,
  /** Until when, in milliseconds since 1970; every socket keeps this, so it keeps no more of the token. */
  { userId: string; expiresAt: number | undefined }
>;

/**
 * Sends each user's events to the user's sockets. The log is the source; the doorbell saves reading it where what it
 * carries is what comes next: a missed ring costs time and never an event.
 */
@WebSocketGateway({ cors: { origin: [...config.corsOrigins] } })
export class RealtimeGateway
  implements OnGatewayInit<Server>, OnGatewayConnection<UserSocket>, OnGatewayDisconnect<UserSocket>, OnModuleDestroy
{
  @WebSocketServer() private readonly server!: Server;
  private readonly logger = new Logger('Realtime');
  private readonly feeds = new Map<string, UserFeed>();
  private readonly intervals: NodeJS.Timeout[] = [];

  constructor(
    private readonly tokens: Tokens,
    private readonly users: Users,
    private readonly limits: RequestLimits,
    private readonly events: EventLog,
    private readonly snapshots: Snapshots,
    private readonly doorbell: Doorbell,
  ) {}

  afterInit(server: Server): void {
    server.use((socket, next) => {
      this.authenticate(socket as UserSocket).then(
        () => next(),
        (error: unknown) => next(refusal(error)),
      );
    });
    this.doorbell.onRing((userId, events) => void this.feeds.get(userId)?.hear(events));
    this.doorbell.onTransient((userId, event) => this.showTransient(userId, event));
    this.intervals.push(
      setInterval(() => void this.compare(), COMPARE_EVERY_MS),
      setInterval(() => this.expire(), EXPIRE_EVERY_MS),
    );
  }

  onModuleDestroy(): void {
    this.intervals.forEach(clearInterval);
  }

  async handleConnection(socket: UserSocket): Promise<void> {
    const { userId } = socket.data;
    const feed = this.feedOf(userId);
    feed.watchers += 1;
    try {
      await feed.welcome(async (seq) => {
        const [epoch, parts] = [await this.events.epoch(), await this.snapshots.of(userId)];
        await socket.join(roomOf(userId));
        socket.emit('snapshot', { seq, epoch, ...parts });
      });
    } catch (error) {
      this.logger.warn(`Snapshot failed: ${error instanceof Error ? error.message : String(error)}`);
      socket.disconnect(true); // The client comes back by itself.
    }
  }

  handleDisconnect(socket: UserSocket): void {
    const { userId } = socket.data;
    const feed = this.feeds.get(userId);
    if (!feed) return;
    feed.watchers -= 1;
    if (feed.watchers === 0) this.feeds.delete(userId);
  }

  /** Events that a client missed. Answered by acknowledgement. */
  @SubscribeMessage('replay')
  async replay(@ConnectedSocket() socket: UserSocket, @MessageBody() body: unknown) {
    const request = replayRequest.safeParse(body);
    if (!request.success) return { error: { code: 'INVALID_INPUT', message: 'replay takes { since, limit? }' } };
    const { userId } = socket.data;
    const { since, limit } = request.data;
    const oldest = await this.events.oldest(userId);
    if (oldest !== undefined && since < oldest - 1) return { error: { code: 'EVENTS_EXPIRED', oldest } };
    const found = await this.events.read(userId, since, limit + 1);
    const seq = await this.events.newest(userId);
    return { events: found.slice(0, limit), more: found.length > limit, seq, epoch: await this.events.epoch() };
  }

  private async authenticate(socket: UserSocket): Promise<void> {
    const { token } = socket.handshake.auth as { token?: unknown }; // Whatever the client sent.
    const identity = await this.identify(token, socket);
    this.limits.takeForUser(identity.userId);
    await this.users.admit(identity);
    socket.data = { userId: identity.userId, expiresAt: identity.expiresAt?.getTime() };
  }

  /** Who is not believed is counted by address, as with requests. */
  private async identify(token: unknown, { handshake }: UserSocket): Promise<Identity> {
    try {
      if (typeof token !== 'string') throw new ApiError(401, 'UNAUTHORIZED', 'Connect with auth: { token }.');
      return await this.tokens.verify(token);
    } catch (error) {
      const forwarded = config.trustProxy ? handshake.headers['x-forwarded-for'] : undefined;
      this.limits.takeForAddress(
        String(forwarded ?? handshake.address)
          .split(',')
          .at(-1)
          ?.trim(),
      );
      throw error;
    }
  }

  /** One look at all of them: a timer for each would be kept for each. */
  private expire(): void {
    const now = Date.now();
    for (const socket of this.server.sockets.sockets.values() as Iterable<UserSocket>) {
      if (now < (socket.data.expiresAt ?? Infinity)) continue;
      socket.emit('error', { code: 'TOKEN_EXPIRED', message: 'The token has expired; sign in again.' });
      socket.disconnect(true);
    }
  }

  /** The account is no more, and so is what its sockets show. */
  private end(userId: string): void {
    const sockets = this.server.in(roomOf(userId));
    sockets.emit('error', { code: 'ACCOUNT_DELETED', message: 'This account was deleted.' });
    sockets.disconnectSockets(true);
  }

  private feedOf(userId: string): UserFeed {
    const known = this.feeds.get(userId);
    if (known) return known;
    const feed = new UserFeed(userId, this.events, this.send);
    this.feeds.set(userId, feed);
    return feed;
  }

  private readonly send = (userId: string, event: DurableEvent): void => {
    this.server.to(roomOf(userId)).emit(event.type, event);
    this.cutOffSlow(userId);
  };

  /**
   * What a reader does not take waits in our memory, without limit. Whoever is too far behind loses the connection and
   * what waits for it; the events are in the log, and the client asks for them when it comes back.
   */
  private cutOffSlow(userId: string): void {
    const room = roomOf(userId);
    for (const id of this.server.sockets.adapter.rooms.get(room) ?? []) {
      const socket = this.server.sockets.sockets.get(id);
      const connection = socket?.conn as Connection | undefined;
      if (!socket || !connection || connection.writeBuffer.length <= MOST_UNSENT) continue;
      this.logger.warn(`A socket has ${connection.writeBuffer.length} messages unsent and is cut off`);
      void socket.leave(room);
      // A polite end would be one more message that nobody reads.
      if (connection.transport.socket) connection.transport.socket.terminate();
      else connection.close(true);
    }
  }

  private showTransient(userId: string, event: TransientEvent): void {
    const feed = this.feeds.get(userId);
    if (feed) this.server.to(roomOf(userId)).volatile.emit(event.type, { transient: true, seq: feed.sent, ...event });
  }

  private async compare(): Promise<void> {
    if (this.feeds.size === 0) return;
    try {
      const sent = new Map([...this.feeds].map(([userId, feed]) => [userId, feed.sent]));
      for (const [userId, seq] of await this.events.changed(sent)) {
        if (seq === null) this.end(userId);
        else await this.feeds.get(userId)?.pump();
      }
    } catch (error) {
      this.logger.warn(`Events could not be compared: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function roomOf(userId: string): string {
  return `user:${userId}`;
}

/** `connect_error` carries the code as its message, and both in its data. */
function refusal(error: unknown): Error {
  const { code, message, extra } =
    error instanceof ApiError
      ? error
      : { code: 'INTERNAL_ERROR', message: 'The token could not be checked.', extra: undefined };
  const { retryAfter } = extra ?? {};
  return Object.assign(new Error(code), { data: { code, message, ...(retryAfter !== undefined && { retryAfter }) } });
}
