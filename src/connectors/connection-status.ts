import { Cache, CACHE_MANAGER } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { ConnectionState } from './connection.entity.js';
import { PlatformDirectory } from './platform-access.js';

/** How long a status may be served from the cache when nothing happens to it. */
const CACHE_MS = 300_000;

/** A connection as people see it. */
export interface ConnectionView {
  readonly connected: boolean;
  readonly status: ConnectionState | 'syncing';
  readonly connectedAt: string | null;
  readonly lastSync: string | null;
  readonly lastSyncStatus: string | null;
  readonly nextSync: string | null;
  readonly items: number;
  readonly scopes: readonly string[];
  /** Asked for, but not granted. */
  readonly missingScopes: readonly string[];
  readonly grantExpiresAt: string | null;
}

interface Row {
  platform: string;
  status: ConnectionState;
  scopes: string[];
  connectedAt: Date;
  lastSyncAt: Date | null;
  lastSyncStatus: string | null;
  syncing: boolean;
  items: number;
}

/** The status of all platforms of a user, cached until something happens to one of them. */
@Injectable()
export class ConnectionStatus {
  private readonly logger = new Logger('Connectors');
  /** Raised when a user's status is forgotten, so that one read before cannot be cached after. */
  private readonly generations = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly directory: PlatformDirectory,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {}

  /** A fault of the cache costs a query and is never an error. */
  async of(userId: string): Promise<{ status: Record<string, ConnectionView>; cached: boolean }> {
    const cached = await this.tolerate(() => this.cache.get<Record<string, ConnectionView>>(keyOf(userId)));
    if (cached) return { status: cached, cached: true };
    const generation = this.generations.get(userId);
    const status = await this.read(userId);
    if (this.generations.get(userId) === generation)
      await this.tolerate(() => this.cache.set(keyOf(userId), status, CACHE_MS));
    return { status, cached: false };
  }

  /** Something happened: the next reader looks. */
  forget(userId: string): void {
    this.generations.set(userId, (this.generations.get(userId) ?? 0) + 1);
    void this.tolerate(() => this.cache.del(keyOf(userId)));
  }

  /** The status from the database. */
  async read(userId: string): Promise<Record<string, ConnectionView>> {
    const rows = await this.database.query<Row>(
      `SELECT platform, status, scopes, connected_at AS "connectedAt", last_sync_at AS "lastSyncAt", last_sync_status AS "lastSyncStatus",
         EXISTS (SELECT FROM jobs WHERE jobs.user_id = $1 AND jobs.platform = connections.platform
                   AND name = 'extract-platform' AND jobs.status = 'active') AS syncing,
         (SELECT count(*) FROM items WHERE items.user_id = $1 AND items.platform = connections.platform) AS items
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
    status: connected && row.syncing ? 'syncing' : row.status,
    connectedAt: row.connectedAt.toISOString(),
    lastSync: row.lastSyncAt?.toISOString() ?? null,
    lastSyncStatus: row.lastSyncStatus,
    nextSync: null,
    items: row.items,
    scopes: row.scopes,
    missingScopes: connected ? asked.filter((scope) => !row.scopes.includes(scope)) : [],
    grantExpiresAt: null,
  };
}

function keyOf(userId: string): string {
  return `status:${userId}`;
}
