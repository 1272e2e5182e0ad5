import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import type { Problem } from '../platforms/problem.js';
import type { OperatorProblem } from '../queues/queue-overview.js';
import { EventLog } from '../realtime/event-log.js';
import { CONNECTION_COLUMNS, type Connection } from './connection.entity.js';

/** The sealed tokens that a connection held, read before they were deleted. */
export type HeldGrant = Pick<Connection, 'userId' | 'platform' | 'origin' | 'accessToken' | 'refreshToken'>;

/** Where a connection's row is. */
export type ConnectionKey = Pick<Connection, 'userId' | 'platform'>;

/** What a provider granted, its tokens sealed. */
export interface SealedGrant {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** How long the access token lives; null where it does not expire. */
  readonly expiresInSeconds: number | null;
  readonly scopes: readonly string[] | null;
}

/** A connection's sealed tokens, for sealing them with another key. */
export type SealedTokens = ConnectionKey & Pick<Connection, 'accessToken' | 'refreshToken'>;

/**
 * The rows of `connections`. Nothing else writes them, and every change of a status appends its event in the same
 * transaction: clients and the cache of `PlatformStatus` learn of it by that event.
 */
@Injectable()
export class ConnectionRows {
  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
  ) {}

  async find(userId: string, platform: string): Promise<Connection | null> {
    const [row] = await this.database.query<Connection>(
      `SELECT ${CONNECTION_COLUMNS} FROM connections WHERE user_id = $1 AND platform = $2`,
      [userId, platform],
    );
    return row ?? null;
  }

  /**
   * Stores a grant as a new connection, or in place of the old one. The write goes out with the commit.
   * @param problem why its first extraction waits, if it does
   * @param grantMonths how long the grant lives, however often its tokens are refreshed; null for a grant without end
   */
  connect(
    tx: Transaction,
    { userId, platform, origin }: Pick<Connection, 'userId' | 'platform' | 'origin'>,
    grant: SealedGrant,
    grantMonths: number | null,
    problem: Problem | null,
  ): void {
    tx.withCommit(
      `INSERT INTO connections
         (user_id, platform, origin, status, scopes, access_token, refresh_token, access_expires_at, connected_at,
          grant_ends_at, problem)
       VALUES ($1, $2, $3, 'connected', $4, $5, $6, now() + $7::float8 * interval '1 s', now(), now() + $8::int * interval '1 month', $9::jsonb)
       ON CONFLICT (user_id, platform) DO UPDATE SET status = 'connected', grant_number = connections.grant_number + 1,
         origin = excluded.origin, scopes = excluded.scopes, access_token = excluded.access_token,
         refresh_token = excluded.refresh_token, access_expires_at = excluded.access_expires_at,
         connected_at = excluded.connected_at, refreshing_until = NULL,
         grant_ends_at = excluded.grant_ends_at, end_told_at = NULL, problem = excluded.problem`,
      [
        userId,
        platform,
        origin,
        grant.scopes,
        grant.accessToken,
        grant.refreshToken,
        grant.expiresInSeconds,
        grantMonths,
        problem && storableJson(problem),
      ],
    );
    this.events.append(tx, userId, 'connection_status', { platform, status: 'connected' });
  }

  /**
   * Deletes the tokens and ends the connection.
   * @param again whether one that has ended already counts as well
   * @returns what it held; undefined where there is no such connection
   */
  async disconnect(
    tx: Transaction,
    { userId, platform }: ConnectionKey,
    { again }: { readonly again: boolean },
  ): Promise<HeldGrant | undefined> {
    const [held] = await tx.query<HeldGrant>(
      `WITH held AS (SELECT * FROM connections WHERE user_id = $1 AND platform = $2 FOR UPDATE)
       UPDATE connections SET status = 'disconnected', grant_number = held.grant_number + 1, scopes = '{}',
         access_token = NULL, refresh_token = NULL, access_expires_at = NULL, refreshing_until = NULL,
         grant_ends_at = NULL, end_told_at = NULL, problem = NULL
       FROM held
       WHERE connections.user_id = held.user_id AND connections.platform = held.platform
         AND (held.status <> 'disconnected' OR $3)
       RETURNING held.user_id AS "userId", held.platform, held.origin,
         held.access_token AS "accessToken", held.refresh_token AS "refreshToken"`,
      [userId, platform, again],
    );
    if (held) this.events.append(tx, userId, 'connection_status', { platform, status: 'disconnected' });
    return held;
  }

  /**
   * Deletes all connections of a person whose account is closed. Nobody is left to get an event.
   * @returns what those held that had tokens
   */
  async erase(tx: Transaction, userId: string): Promise<HeldGrant[]> {
    const rows = await tx.query<HeldGrant>(
      `SELECT user_id AS "userId", platform, origin, access_token AS "accessToken", refresh_token AS "refreshToken"
       FROM connections WHERE user_id = $1 ORDER BY platform FOR UPDATE`,
      [userId],
    );
    if (rows.length > 0) await tx.query('DELETE FROM connections WHERE user_id = $1', [userId]);
    return rows.filter(({ accessToken }) => accessToken !== null);
  }

  /** Ends a connection whose grant the provider no longer accepts, unless it has newer tokens than those that were read. */
  async endGrant(tx: Transaction, { userId, platform, grantNumber, tokenNumber }: Connection): Promise<void> {
    const [ended] = await tx.query(
      `UPDATE connections SET status = 'needs_reconnect', refreshing_until = NULL
       WHERE user_id = $1 AND platform = $2 AND grant_number = $3 AND token_number = $4
         AND status = 'connected' RETURNING platform`,
      [userId, platform, grantNumber, tokenNumber],
    );
    if (ended) this.events.append(tx, userId, 'connection_status', { platform, status: 'needs_reconnect' });
  }

  /** Stores how an extraction ended, and what kept it from reading everything. */
  async noteSync(
    tx: Transaction,
    { userId, platform }: ConnectionKey,
    outcome: string,
    problem: Problem | null,
  ): Promise<void> {
    await tx.query(
      `UPDATE connections SET last_sync_status = $3, last_sync_at = CASE WHEN $3 = 'completed' THEN now() ELSE last_sync_at END,
         problem = $4::jsonb
       WHERE user_id = $1 AND platform = $2`,
      [userId, platform, outcome, problem && storableJson(problem)],
    );
  }

  /** Stores why an extraction waits. */
  async noteProblem(tx: Transaction, { userId, platform }: ConnectionKey, problem: Problem | null): Promise<void> {
    await tx.query(
      `UPDATE connections SET problem = $3::jsonb
       WHERE user_id = $1 AND platform = $2 AND problem IS DISTINCT FROM $3::jsonb`,
      [userId, platform, problem && storableJson(problem)],
    );
  }

  /** What only the operator can mend, and for how many people. */
  problemsForOperator(): Promise<OperatorProblem[]> {
    return this.database.query(
      `SELECT platform, problem->>'code' AS code, problem->>'message' AS message, count(*)::int AS people
       FROM connections WHERE problem->>'actor' = 'operator' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT 50`,
    );
  }

  /**
   * Appends an event for connections whose grant ends within so many days, once for each grant.
   * @returns how many there were, at most `limit`
   */
  announceEnding(days: number, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<ConnectionKey & { grantEndsAt: Date }>(
        `UPDATE connections SET end_told_at = now() FROM (
           SELECT user_id, platform FROM connections
           WHERE status = 'connected' AND end_told_at IS NULL AND grant_ends_at < now() + $1::int * interval '1 day'
           ORDER BY user_id, platform LIMIT $2 FOR UPDATE SKIP LOCKED) AS ending
         WHERE connections.user_id = ending.user_id AND connections.platform = ending.platform
         RETURNING connections.user_id AS "userId", connections.platform, grant_ends_at AS "grantEndsAt"`,
        [days, limit],
      );
      for (const { userId, platform, grantEndsAt } of rows) {
        const grantExpiresAt = grantEndsAt.toISOString();
        this.events.append(tx, userId, 'connection_status', { platform, status: 'expiring', grantExpiresAt });
      }
      return rows.length;
    });
  }

  /**
   * Takes the lease under which a token is refreshed. False while another process has it, or once it has refreshed. One
   * that would hold longer than a lease is from before the database's clock stepped back, and is over.
   */
  async takeRefreshLease({ userId, platform, tokenNumber }: Connection, leaseMs: number): Promise<boolean> {
    const [leased] = await this.database.query(
      `UPDATE connections SET refreshing_until = now() + $4::int * interval '1 ms'
       WHERE user_id = $1 AND platform = $2 AND token_number = $3 AND status = 'connected'
         AND (refreshing_until IS NULL OR refreshing_until < now() OR refreshing_until > now() + 2 * $4::int * interval '1 ms')
       RETURNING platform`,
      [userId, platform, tokenNumber, leaseMs],
    );
    return leased !== undefined;
  }

  async endRefreshLease(tx: Transaction, { userId, platform, grantNumber }: Connection): Promise<void> {
    await tx.query(
      'UPDATE connections SET refreshing_until = NULL WHERE user_id = $1 AND platform = $2 AND grant_number = $3',
      [userId, platform, grantNumber],
    );
  }

  /**
   * Stores refreshed tokens and ends the lease. What the grant leaves out (null) stays as it was.
   * @returns false when the connection is no longer the one that was read; nothing is stored then
   */
  async saveRefreshed(
    { userId, platform, grantNumber, tokenNumber }: Connection,
    { accessToken, refreshToken, expiresInSeconds, scopes }: SealedGrant,
  ): Promise<boolean> {
    const saved = await this.database.query(
      `UPDATE connections SET access_token = $5, token_number = token_number + 1, refresh_token = coalesce($6, refresh_token),
         access_expires_at = now() + $7::float8 * interval '1 s', scopes = coalesce($8, scopes), refreshing_until = NULL
       WHERE user_id = $1 AND platform = $2 AND grant_number = $3 AND token_number = $4
         AND status = 'connected' RETURNING platform`,
      [userId, platform, grantNumber, tokenNumber, accessToken, refreshToken, expiresInSeconds, scopes],
    );
    return saved.length > 0;
  }

  /** Replaces sealed tokens with the same ones under another key. Their numbers stay: no refresh takes them for new. */
  async reseal(tx: Transaction, rows: readonly SealedTokens[]): Promise<void> {
    await tx.query(
      `UPDATE connections SET access_token = resealed.access_token, refresh_token = resealed.refresh_token
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS resealed (user_id, platform, access_token, refresh_token)
       WHERE connections.user_id = resealed.user_id AND connections.platform = resealed.platform`,
      [
        rows.map(({ userId }) => userId),
        rows.map(({ platform }) => platform),
        rows.map(({ accessToken }) => accessToken),
        rows.map(({ refreshToken }) => refreshToken),
      ],
    );
  }
}
