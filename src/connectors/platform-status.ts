import { Cache, CACHE_MANAGER } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Problem } from '../platforms/problem.js';
import { EventLog, type LogPlace } from '../realtime/event-log.js';
import type { ConnectionState } from './connection.entity.js';
import { ENDING_DAYS } from './grant-ends.js';
import { PlatformDirectory } from './platform-access.js';

/** How long a status is served from the cache while nothing changes it, in milliseconds. */
const CACHE_MS = 300_000;

/** A connection as its person sees it. */
export interface ConnectionView {
  readonly connected: boolean;
  readonly status: ConnectionState | 'syncing' | 'expiring';
  readonly connectedAt: string | null;
  readonly lastSync: string | null;
  readonly lastSyncStatus: string | null;
  readonly nextSync: string | null;
  readonly items: number;
  readonly scopes: readonly string[];
  /** Requested, but not granted; empty where the provider does not list the scopes it granted. */
  readonly missingScopes: readonly string[];
  /** When the provider ends the grant, however often its tokens are refreshed; null where it does not. */
  readonly grantExpiresAt: string | null;
  /** What kept the last extraction from reading everything, or what one waits for; null if there is nothing to tell. */
  readonly problem: Problem | null;
}

/** What has been extracted of a platform. */
export interface Extracted {
  /** Items that are still there at the provider. */
  readonly items: number;
  /** When the next extraction is due; null where none is planned. */
  readonly nextAt: Date | null;
}

/** Reads what has been extracted of a user, by platform. */
export type ExtractedReader = (userId: string) => Promise<ReadonlyMap<string, Extracted>>;

interface Row {
  platform: string;
  status: ConnectionState;
  scopes: string[];
  connectedAt: Date;
  lastSyncAt: Date | null;
  lastSyncStatus: string | null;
  grantEndsAt: Date | null;
  problem: Problem | null;
  syncing: boolean;
}

/**
 * The status of all platforms of a user. It is cached with the place of the user's newest event and valid while that
 * place stays: whatever changes a status (connecting, disconnecting, the start and end of an extraction) also appends an
 * event. So no process has to invalidate another one's cache.
 */
@Injectable()
export class PlatformStatus {
  private readonly logger = new Logger('Connectors');
  private readExtracted: ExtractedReader = () => Promise.resolve(new Map());

  constructor(
    private readonly database: Database,
    private readonly directory: PlatformDirectory,
    private readonly events: EventLog,
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
  ) {}

  /** Extraction gives its part of the status here, because connectors may not read its tables. */
  registerExtracted(reader: ExtractedReader): void {
    this.readExtracted = reader;
  }

  /** The status, from the cache if it is there. A fault of the cache is logged and costs a query. */
  async of(userId: string): Promise<{ status: Record<string, ConnectionView>; cached: boolean }> {
    const { seq, epoch } = await this.events.newest(userId);
    const cached = await this.orLog(() =>
      this.cache.get<LogPlace & { status: Record<string, ConnectionView> }>(keyOf(userId)),
    );
    if (cached?.seq === seq && cached.epoch === epoch) return { status: cached.status, cached: true };
    const status = await this.read(userId);
    await this.orLog(() => this.cache.set(keyOf(userId), { seq, epoch, status }, CACHE_MS));
    return { status, cached: false };
  }

  /** The status from the database. */
  async read(userId: string): Promise<Record<string, ConnectionView>> {
    const extracted = await this.readExtracted(userId);
    const rows = await this.database.query<Row>(
      `SELECT platform, status, scopes, connected_at AS "connectedAt", last_sync_at AS "lastSyncAt", last_sync_status AS "lastSyncStatus",
         grant_ends_at AS "grantEndsAt", problem,
         EXISTS (SELECT FROM jobs WHERE jobs.user_id = $1 AND jobs.platform = connections.platform
                   AND name = 'extract-platform' AND jobs.status = 'active') AS syncing
       FROM connections WHERE user_id = $1`,
      [userId],
    );
    const status: Record<string, ConnectionView> = {};
    for (const { platform, access } of this.directory.list()) {
      const row = rows.find((each) => each.platform === platform.name);
      status[platform.name] = row
        ? view(row, extracted.get(platform.name), access?.scopes ?? platform.oauth.scopes)
        : NEVER_CONNECTED;
    }
    return status;
  }

  /** Removes what this process has cached of a user; a cache in another process expires. */
  async forget(userId: string): Promise<void> {
    await this.orLog(() => this.cache.del(keyOf(userId)));
  }

  private async orLog<Result>(use: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await use();
    } catch (error) {
      this.logger.warn(`The status cache failed: ${error instanceof Error ? error.message : String(error)}`);
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
  problem: null,
};

function view(row: Row, extracted: Extracted | undefined, requested: readonly string[]): ConnectionView {
  const connected = row.status === 'connected';
  return {
    connected,
    status: connected ? connectedStatus(row) : row.status,
    connectedAt: row.connectedAt.toISOString(),
    lastSync: row.lastSyncAt?.toISOString() ?? null,
    lastSyncStatus: row.lastSyncStatus,
    nextSync: connected ? (extracted?.nextAt?.toISOString() ?? null) : null,
    items: extracted?.items ?? 0,
    scopes: row.scopes,
    missingScopes: connected && row.scopes.length > 0 ? requested.filter((scope) => !row.scopes.includes(scope)) : [],
    grantExpiresAt: row.grantEndsAt?.toISOString() ?? null,
    problem: row.problem,
  };
}

function connectedStatus({ syncing, grantEndsAt }: Row): 'connected' | 'syncing' | 'expiring' {
  if (syncing) return 'syncing';
  return grantEndsAt && grantEndsAt.getTime() < Date.now() + ENDING_DAYS * 86_400_000 ? 'expiring' : 'connected';
}

function keyOf(userId: string): string {
  return `status:${userId}`;
}
