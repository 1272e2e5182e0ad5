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
import type { Server } from 'socket.io';
import { z } from 'zod';
import { ReadLog } from '../auth/access-tokens/read-log.js';
import { Bearers } from '../auth/bearers.js';
import { countedAs, RequestLimits } from '../auth/request-limits.js';
import { requireScope } from '../auth/scopes.js';
import { SessionCookie } from '../auth/sessions/session-cookie.js';
import { Sessions } from '../auth/sessions/sessions.js';
import type { Identity } from '../auth/tokens.js';
import { Users } from '../auth/users.js';
import { config } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { orBusy } from '../http/server-busy.js';
import { Doorbell } from './doorbell.js';
import { EventLog, type LogPlace } from './event-log.js';
import type { DurableEvent, TransientEvent } from './events.js';
import { Snapshots } from './snapshots.js';
import { ACCOUNT_DELETED, SESSION_ENDED, SocketEnds, TOKEN_ENDED } from './socket-ends.js';
import { SocketLimits, tooMany } from './socket-limits.js';
import { UserFeed, type UserSockets } from './user-feed.js';
import type { UserSocket } from './user-socket.js';

/** How late an event can be when its ring is lost. */
const COMPARE_EVERY_MS = 3_000;

/** A socket with more unsent messages than this is disconnected: its client does not read, and may reconnect. */
const MOST_UNSENT = 1_000;

/** How long a connection may stay without a valid token. */
const CONNECT_WITHIN_MS = 10_000;

/** The longest message that a client has reason to send is a token. */
const MAX_MESSAGE_BYTES = 100_000;

const replayRequest = z.object({
  since: z.number().int().min(0),
  limit: z.number().int().min(1).max(500).default(200),
});

/** The unsent messages of an Engine.IO connection, which its public types leave out. */
interface Connection {
  readonly writeBuffer: readonly unknown[];
  /** The socket is undefined while the client polls. */
  readonly transport: { readonly socket?: { terminate(): void } };
  close(discard: boolean): void;
}

/**
 * Sends each user's events to the user's sockets. The log is the source. A ring that carries the next events saves reading
 * it; a lost ring delays an event but never loses one.
 */
@WebSocketGateway({
  cors: { origin: [...config.corsOrigins] },
  connectTimeout: CONNECT_WITHIN_MS,
  maxHttpBufferSize: MAX_MESSAGE_BYTES,
})
export class RealtimeGateway
  implements OnGatewayInit<Server>, OnGatewayConnection<UserSocket>, OnGatewayDisconnect<UserSocket>, OnModuleDestroy
{
  @WebSocketServer() private readonly server!: Server;
  private readonly logger = new Logger('Realtime');
  private readonly feeds = new Map<string, UserFeed>();
  private readonly intervals: NodeJS.Timeout[] = [];
  /** The sockets whose replay is being read. */
  private readonly replaying = new WeakSet<UserSocket>();

  constructor(
    private readonly bearers: Bearers,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly reads: ReadLog,
    private readonly users: Users,
    private readonly limits: RequestLimits,
    private readonly socketLimits: SocketLimits,
    private readonly socketEnds: SocketEnds,
    private readonly events: EventLog,
    private readonly snapshots: Snapshots,
    private readonly doorbell: Doorbell,
  ) {}

  afterInit(server: Server): void {
    this.socketLimits.countHandshakes(server);
    server.use((socket, next) => {
      this.authenticate(socket as UserSocket).then(
        () => next(),
        (error: unknown) => {
          next(refusal(orBusy(error)));
          setImmediate(() => socket.conn.close()); // Once the refusal is on its way.
        },
      );
    });
    this.doorbell.onRing((userId, events, epoch) => void this.feeds.get(userId)?.receive(events, epoch));
    this.doorbell.onTransient((userId, event) => this.showTransient(userId, event));
    this.intervals.push(
      setInterval(() => void this.compare(), COMPARE_EVERY_MS),
      ...this.socketEnds.watch(server),
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
      await feed.welcome(async ({ seq, epoch }) => {
        const parts = await this.snapshots.of(userId);
        await socket.join(roomOf(userId));
        socket.emit('snapshot', { seq, epoch, ...parts });
      });
    } catch (error) {
      this.logger.warn(`Snapshot failed: ${error instanceof Error ? error.message : String(error)}`);
      socket.disconnect(true); // The client reconnects by itself.
    }
  }

  handleDisconnect(socket: UserSocket): void {
    const { userId } = socket.data;
    const feed = this.feeds.get(userId);
    if (!feed) return;
    feed.watchers -= 1;
    if (feed.watchers === 0) this.feeds.delete(userId);
  }

  /** Returns events that a client missed, as the acknowledgement; one replay at a time. */
  @SubscribeMessage('replay')
  async replay(@ConnectedSocket() socket: UserSocket, @MessageBody() body: unknown) {
    const request = replayRequest.safeParse(body);
    if (!request.success) return { error: { code: 'INVALID_INPUT', message: 'replay takes { since, limit? }' } };
    if (this.replaying.has(socket)) return tooMany(1);
    this.replaying.add(socket);
    try {
      return await this.missedBy(socket.data.userId, request.data);
    } catch (error) {
      const busy = orBusy(error);
      if (!(busy instanceof ApiError)) throw error;
      return { error: { code: busy.code, retryAfter: busy.extra.retryAfter } };
    } finally {
      this.replaying.delete(socket);
    }
  }

  private async missedBy(userId: string, { since, limit }: z.output<typeof replayRequest>) {
    const { epoch, newest, oldest, events } = await this.events.read(userId, since, limit + 1);
    if (since < oldest - 1) return { error: { code: 'EVENTS_EXPIRED', oldest } };
    return { events: events.slice(0, limit), more: events.length > limit, seq: newest, epoch };
  }

  private async authenticate(socket: UserSocket): Promise<void> {
    const { token } = socket.handshake.auth as { token?: unknown }; // Not validated yet.
    const identity = await this.identify(token, socket);
    this.socketLimits.giveBack(socket);
    this.limits.takeForUser(countedAs(identity));
    await this.users.admit(identity);
    this.socketLimits.countMessages(socket, countedAs(identity));
    const { userId, issuedAt, expiresAt, session, program } = identity;
    if (program) this.reads.note(userId, program, 'socket', 'events:read');
    socket.data = {
      userId,
      issuedAt: issuedAt?.getTime(),
      expiresAt: expiresAt?.getTime(),
      endsWith:
        (session && { id: session.id, error: SESSION_ENDED }) ?? (program && { id: program.id, error: TOKEN_ENDED }),
    };
  }

  /** The handshake was counted by address, and allows one token, or the cookie that came with it. */
  private async identify(token: unknown, socket: UserSocket): Promise<Identity> {
    if (!this.socketLimits.mayAsk(socket)) {
      throw new ApiError(401, 'UNAUTHORIZED', 'Connect anew to send another token.');
    }
    if (typeof token === 'string') {
      const identity = await this.bearers.verify(token, this.socketLimits.addressOfSocket(socket));
      requireScope(identity, 'events:read');
      return identity;
    }
    const secret = this.cookie.secretIn(socket.handshake);
    if (secret === undefined) throw new ApiError(401, 'UNAUTHORIZED', 'Sign in, or connect with auth: { token }.');
    return this.sessions.verify(secret);
  }

  /**
   * Disconnects the sockets of an account that is not there: it was deleted, or in another epoch it has not been seen yet,
   * and the next connection makes it again.
   */
  private end(userId: string, inAnotherEpoch: boolean): void {
    const sockets = this.server.in(roomOf(userId));
    if (!inAnotherEpoch) sockets.emit('error', ACCOUNT_DELETED);
    sockets.disconnectSockets(true);
  }

  private feedOf(userId: string): UserFeed {
    const known = this.feeds.get(userId);
    if (known) return known;
    const feed = new UserFeed(userId, this.events, this.sockets);
    this.feeds.set(userId, feed);
    return feed;
  }

  private readonly sockets: UserSockets = {
    send: (userId: string, event: DurableEvent): void => {
      this.server.to(roomOf(userId)).emit(event.type, event);
      this.cutOffSlow(userId);
    },
    startAnew: async (userId: string, { seq, epoch }: LogPlace): Promise<void> => {
      await this.socketEnds.endDeleted(this.server);
      const parts = await this.snapshots.of(userId);
      this.server.to(roomOf(userId)).emit('snapshot', { seq, epoch, ...parts });
    },
  };

  /**
   * Disconnects sockets whose client does not read: their unsent messages would fill the memory without limit. The events
   * are in the log, and the client asks for them when it reconnects.
   */
  private cutOffSlow(userId: string): void {
    const room = roomOf(userId);
    for (const id of this.server.sockets.adapter.rooms.get(room) ?? []) {
      const socket = this.server.sockets.sockets.get(id);
      const connection = socket?.conn as Connection | undefined;
      if (!socket || !connection || connection.writeBuffer.length <= MOST_UNSENT) continue;
      this.logger.warn(`A socket has ${connection.writeBuffer.length} unsent messages and is disconnected`);
      void socket.leave(room);
      // A close message would wait behind all the others.
      if (connection.transport.socket) connection.transport.socket.terminate();
      else connection.close(true);
    }
  }

  private showTransient(userId: string, event: TransientEvent): void {
    const feed = this.feeds.get(userId);
    const seq = feed?.place?.seq ?? 0;
    if (feed) this.server.to(roomOf(userId)).volatile.emit(event.type, { transient: true, seq, ...event });
  }

  private async compare(): Promise<void> {
    if (this.feeds.size === 0) return;
    try {
      const sent = new Map([...this.feeds].map(([userId, { place }]) => [userId, place?.seq ?? 0]));
      const { epoch, users } = await this.events.changed(sent);
      for (const [userId, feed] of this.feeds) {
        const isAnother = feed.place !== undefined && feed.place.epoch !== epoch;
        if (users.get(userId) === null) this.end(userId, isAnother);
        else if (isAnother || users.has(userId)) await feed.pump();
      }
    } catch (error) {
      this.logger.warn(`Events could not be compared: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function roomOf(userId: string): string {
  return `user:${userId}`;
}

/** The error of `connect_error`: its message is the code, its data has code and message. */
function refusal(error: unknown): Error {
  const { code, message, extra } =
    error instanceof ApiError
      ? error
      : { code: 'INTERNAL_ERROR', message: 'The token could not be checked.', extra: undefined };
  const { retryAfter } = extra ?? {};
  return Object.assign(new Error(code), { data: { code, message, ...(retryAfter !== undefined && { retryAfter }) } });
}
