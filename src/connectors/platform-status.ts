import { Cache, CACHE_MANAGER } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { EventLog } from '../realtime/event-log.js';
import type { ConnectionState } from './connection.entity.js';
import { ENDING_DAYS } from './grant-ends.js';
import { PlatformDirectory } from './platform-access.js';

/** How long a status may be served from the cache when nothing happens to it. */
const CACHE_MS = 300_000;

/** A connection as people see it. */
export interface ConnectionView {
  readonly connected: boolean;
  readonly status: ConnectionState | 'syncing' | 'expiring';
  readonly connectedAt: string | null;
  readonly lastSync: string | null;
  readonly lastSyncStatus: string | null;
  readonly nextSync: string | null;
  readonly items: number;
  readonly scopes: readonly string[];
  /** Asked for, but not granted; empty where the provider does not tell what it granted. */
  readonly missingScopes: readonly string[];
  /** When the provider ends the access, however often it is renewed; null where it does not. */
  readonly grantExpiresAt: string | null;
}

interface Row {
  platform: string;
  status: ConnectionState;
  scopes: string[];
  connectedAt: Date;
  lastSyncAt: Date | null;
  lastSyncStatus: string | null;
  nextSyncAt: Date | null;
  grantEndsAt: Date | null;
  syncing: boolean;
  items: number;
}

/**
 * The status of all platforms of a user. It is cached together with the number of the user's newest event, and good for
 * as long as that number stands: whatever changes a status (connecting, disconnecting, an extraction's start and end)
 * also appends an event. So no process has to tell another one to forget anything.
 */
@Injectable()
export class PlatformStatus {
  private readonly logger = new Logger('Connectors');

  constructor(
    private readonly database: Database,
    private readonly directory: PlatformDirectory,
    private readonly events: EventLog,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {}

  /** A fault of the cache costs a query and is never an error. */
  async of(userId: string): Promise<{ status: Record<string, ConnectionView>; cached: boolean }> {
    const seq = await this.events.newest(userId);
    const cached = await this.tolerate(() =>
      this.cache.get<{ seq: number; status: Record<string, ConnectionView> }>(keyOf(userId)),
    );
    if (cached?.seq === seq) return { status: cached.status, cached: true };
    const status = await this.read(userId);
    await this.tolerate(() => this.cache.set(keyOf(userId), { seq, status }, CACHE_MS));
    return { status, cached: false };
  }

  /** The status from the database. */
  async read(userId: string): Promise<Record<string, ConnectionView>> {
    const rows = await this.database.query<Row>(
      `SELECT platform, status, scopes, connected_at AS "connectedAt", last_sync_at AS "lastSyncAt", last_sync_status AS "lastSyncStatus",
         grant_ends_at AS "grantEndsAt",
         (SELECT next_at FROM schedules WHERE schedules.user_id = $1 AND schedules.platform = connections.platform
            AND enabled AND connections.status = 'connected') AS "nextSyncAt",
         EXISTS (SELECT FROM jobs WHERE jobs.user_id = $1 AND jobs.platform = connections.platform
                   AND name = 'extract-platform' AND jobs.status = 'active') AS syncing,
         (SELECT count(*) FROM items WHERE items.user_id = $1 AND items.platform = connections.platform
            AND gone_at IS NULL) AS items
       FROM connections WHERE user_id = $1`,
      [userId],
    );
    const status: Record<string, ConnectionView> = {};
    for (const { platform, access } of this.directory.list()) {
      const row = rows.find((each) => each.platform === platform.name);
      status[platform.name] = row ? view(row, access?.scopes ?? platform.oauth.scopes) : NEVER_CONNECTED;
    }
    return status;
  }

  /** Forgets what is cached here; in other processes it ends by itself. */
  async forget(userId: string): Promise<void> {
    await this.tolerate(() => this.cache.del(keyOf(userId)));
  }

  private async tolerate<Result>(use: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await use();
    } catch (error) {
      this.logger.warn(`Status cache: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}

const NEVER_CONNECTED: ConnectionView = {
  connected: false,
  status: 'disconnected',
  connectedAt: null,
  lastSync: null,
  lastSyncStatus: null,
  nextSync: null,
  items: 0,
  scopes: [],
  missingScopes: [],
  grantExpiresAt: null,
};

function view(row: Row, asked: readonly string[]): ConnectionView {
  const connected = row.status === 'connected';
  return {
    connected,
    status: connected ? standingOf(row) : row.status,
    connectedAt: row.connectedAt.toISOString(),
    lastSync: row.lastSyncAt?.toISOString() ?? null,
    lastSyncStatus: row.lastSyncStatus,
    nextSync: row.nextSyncAt?.toISOString() ?? null,
    items: row.items,
    scopes: row.scopes,
    missingScopes: connected && row.scopes.length > 0 ? asked.filter((scope) => !row.scopes.includes(scope)) : [],
    grantExpiresAt: row.grantEndsAt?.toISOString() ?? null,
  };
}

function standingOf({ syncing, grantEndsAt }: Row): 'connected' | 'syncing' | 'expiring' {
  if (syncing) return 'syncing';
  return grantEndsAt && grantEndsAt.getTime() < Date.now() + ENDING_DAYS * 86_400_000 ? 'expiring' : 'connected';
}

function keyOf(userId: string): string {
  return `status:${userId}`;
}
