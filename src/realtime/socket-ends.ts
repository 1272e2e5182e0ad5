import { Injectable, Logger } from '@nestjs/common';
import type { Server } from 'socket.io';
import { DeletedAccounts } from '../auth/deleted-accounts.js';
import { LockedPeople } from '../auth/operators/locked-people.js';
import { EndedSessions } from '../auth/sessions/ended-sessions.js';
import type { SocketEnd, UserSocket } from './user-socket.js';

/** How long a socket may outlive its token. */
const EXPIRE_EVERY_MS = 1_000;

/** How long a socket may outlive its account, what has opened it, or a lock. */
const LOOK_FOR_ENDS_EVERY_MS = 500;

export const ACCOUNT_DELETED: SocketEnd = { code: 'ACCOUNT_DELETED', message: 'This account was deleted.' };
export const SESSION_ENDED: SocketEnd = { code: 'SESSION_ENDED', message: 'You have signed out.' };
export const TOKEN_ENDED: SocketEnd = { code: 'TOKEN_ENDED', message: 'The token was ended by its owner.' };
const TOKEN_EXPIRED: SocketEnd = { code: 'TOKEN_EXPIRED', message: 'The token has expired. Sign in again.' };
const ACCOUNT_LOCKED: SocketEnd = {
  code: 'ACCOUNT_LOCKED',
  message: 'This account was locked. Ask whoever runs this server.',
};

/** Disconnects sockets when what let them in does so no more, at whatever process that was changed. */
@Injectable()
export class SocketEnds {
  private readonly logger = new Logger('Realtime');

  constructor(
    private readonly deleted: DeletedAccounts,
    private readonly locked: LockedPeople,
    private readonly endedSessions: EndedSessions,
  ) {}

  /**
   * One timer of each kind for all sockets: one for each socket would cost memory.
   * @returns the timers
   */
  watch(server: Server): NodeJS.Timeout[] {
    return [
      setInterval(() => this.endExpired(server), EXPIRE_EVERY_MS),
      unlessRunning(() => this.endDeleted(server), LOOK_FOR_ENDS_EVERY_MS),
      unlessRunning(() => this.endSignedOut(server), LOOK_FOR_ENDS_EVERY_MS),
    ];
  }

  /** Disconnects the sockets whose account was deleted, but not those of the next one of its name. */
  endDeleted(server: Server): Promise<void> {
    return this.end(server, 'Deleted accounts', async () => {
      const mustLeave = await this.deleted.look();
      return mustLeave && (({ data }) => (mustLeave(data.userId, data.issuedAt) ? ACCOUNT_DELETED : undefined));
    });
  }

  /** Disconnects the sockets of people who were locked, and those whose session or token has ended. */
  private endSignedOut(server: Server): Promise<void> {
    return this.end(server, 'Ended sessions', async () => {
      const [locked, ended] = [await this.locked.look(), await this.endedSessions.look()];
      if (locked.size + ended.size === 0) return undefined;
      return ({ data: { userId, endsWith } }) => {
        if (locked.has(userId)) return ACCOUNT_LOCKED;
        return ended.has(endsWith?.id ?? '') ? endsWith?.error : undefined;
      };
    });
  }

  private endExpired(server: Server): void {
    const now = Date.now();
    disconnect(server, ({ data }) => (now < (data.expiresAt ?? Infinity) ? undefined : TOKEN_EXPIRED));
  }

  /** `look` finds out why a socket must end, or that none must. */
  private async end(server: Server, what: string, look: () => Promise<Why | undefined>): Promise<void> {
    if (server.sockets.sockets.size === 0) return;
    try {
      const why = await look();
      if (why) disconnect(server, why);
    } catch (error) {
      this.logger.warn(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Why a socket must end; undefined where it need not. */
type Why = (socket: UserSocket) => SocketEnd | undefined;

function disconnect(server: Server, why: Why): void {
  for (const socket of server.sockets.sockets.values() as Iterable<UserSocket>) {
    const end = why(socket);
    if (!end) continue;
    socket.emit('error', end);
    socket.disconnect(true);
  }
}

/** Does it at intervals, but not while it is being done. */
function unlessRunning(work: () => Promise<void>, everyMs: number): NodeJS.Timeout {
  let running = false;
  return setInterval(() => {
    if (running) return;
    running = true;
    void work().finally(() => (running = false));
  }, everyMs);
}
