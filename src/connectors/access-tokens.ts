import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { accessEnded } from '../platforms/problem.js';
import { findPlatform } from '../platforms/registry.js';
import { PermanentError } from '../queues/errors.js';
import type { Connection } from './connection.entity.js';
import { ConnectionRows } from './connection-rows.js';
import { OAuthClient, type Grant } from './oauth-client.js';
import { PlatformDirectory, type PlatformAccess } from './platform-access.js';
import { TokenRevocation } from './token-revocation.js';
import { TokenVault } from './token-vault.js';

/** A token that expires sooner than this is refreshed before it is used. */
const MIN_LIFE_MS = 300_000;

/** Longer than a token request may take, so that the lease outlasts every refresh. */
const REFRESH_LEASE_MS = 15_000;

const LOOK_AGAIN_MS = 100;

/**
 * Valid access tokens for connections. Providers rotate refresh tokens, so two refreshes at the same time can end a grant:
 * callers in this process share one refresh, and a lease on the connection's row lets one process refresh while the
 * others wait and read the token that it saved.
 */
@Injectable()
export class AccessTokens {
  private readonly refreshing = new Map<string, Promise<string>>();

  constructor(
    private readonly database: Database,
    private readonly directory: PlatformDirectory,
    private readonly oauth: OAuthClient,
    private readonly vault: TokenVault,
    private readonly connections: ConnectionRows,
    private readonly revocation: TokenRevocation,
  ) {}

  /**
   * A token to use now.
   * @param rejected a token that the API refused although it should be valid: a newer stored one is returned, or it is
   *   refreshed
   * @throws PermanentError `NOT_CONNECTED` or `NEEDS_RECONNECT`; other errors are temporary
   */
  async get(userId: string, platform: string, rejected?: string): Promise<string> {
    const connection = await this.connectionOf(userId, platform);
    const token = this.usableToken(connection, rejected);
    if (token !== undefined) return token;
    const key = JSON.stringify([userId, platform]);
    const running = this.refreshing.get(key);
    if (running) return running;
    const refresh = this.refreshUnderLease(connection, rejected).finally(() => this.refreshing.delete(key));
    this.refreshing.set(key, refresh);
    return refresh;
  }

  /** The addresses that this connection's tokens are for: the provider's, or the stand-in's. */
  async accessOf(userId: string, platform: string): Promise<PlatformAccess> {
    return this.directory.get(platform, (await this.connectionOf(userId, platform)).origin);
  }

  /** Ends a connection whose fresh token the API has refused. */
  async giveUp(userId: string, platform: string): Promise<void> {
    const connection = await this.connectionOf(userId, platform);
    await this.database.transaction((tx) => this.connections.endGrant(tx, connection));
  }

  private async refreshUnderLease(seen: Connection, rejected: string | undefined): Promise<string> {
    const { userId, platform } = seen;
    for (let known = seen; ;) {
      if (await this.connections.takeRefreshLease(known, REFRESH_LEASE_MS)) return this.refresh(known);
      await sleep(LOOK_AGAIN_MS);
      const now = await this.connectionOf(userId, platform);
      // A token from another process's refresh is used even if it expires sooner than MIN_LIFE_MS.
      const token = now.tokenNumber === known.tokenNumber ? undefined : this.tokenOf(now);
      if (token !== undefined && token !== rejected) return token;
      known = now;
    }
  }

  private async refresh(connection: Connection): Promise<string> {
    const { userId, platform, origin, refreshToken } = connection;
    try {
      if (refreshToken === null) throw new ApiError(400, 'CONNECT_CODE_REFUSED', 'The connection has no refresh token');
      const access = this.directory.get(platform, origin);
      const place = { userId, platform, field: 'refresh_token' } as const;
      const grant = await this.oauth.refresh(access, this.vault.open(refreshToken, place));
      if (await this.save(connection, grant)) return grant.accessToken;
      return await this.insteadOf(connection, access, grant);
    } catch (error) {
      const others = isGone(error) ? await this.newerThan(connection) : undefined;
      if (others !== undefined) return others;
      await this.database.transaction(async (tx) => {
        await this.connections.endRefreshLease(tx, connection);
        if (isGone(error)) await this.connections.endGrant(tx, connection);
      });
      throw isGone(error) ? needsReconnect(platform, error) : error;
    }
  }

  /**
   * Saves a grant before it is used: a rotated refresh token that is lost with the process cannot be fetched again.
   * @returns false when the connection is no longer the one that was refreshed; nothing is saved then
   */
  private save(connection: Connection, grant: Grant): Promise<boolean> {
    const { userId, platform } = connection;
    const seal = (secret: string, field: 'access_token' | 'refresh_token') =>
      this.vault.seal(secret, { userId, platform, field });
    return this.connections.saveRefreshed(connection, {
      accessToken: seal(grant.accessToken, 'access_token'),
      refreshToken: grant.refreshToken === undefined ? null : seal(grant.refreshToken, 'refresh_token'),
      expiresInSeconds: grant.expiresInSeconds ?? null,
      scopes: grant.scopes ?? null,
    });
  }

  /** Replaces a grant that came too late to be saved: by the token that another process has saved, or by an error. */
  private async insteadOf(connection: Connection, access: PlatformAccess, late: Grant): Promise<string> {
    const others = await this.newerThan(connection);
    if (others !== undefined) return others;
    const { userId, platform } = connection;
    await this.revocation.ofGrant(userId, access, late);
    throw new PermanentError('NOT_CONNECTED', `${platform} was disconnected or connected again in the meantime`);
  }

  /** The token that another process has saved for the same grant after this one's lease ran out; undefined if none has. */
  private async newerThan({ userId, platform, tokenNumber, grantNumber }: Connection): Promise<string | undefined> {
    const now = await this.connections.find(userId, platform);
    const newer = now?.status === 'connected' && now.grantNumber === grantNumber && now.tokenNumber !== tokenNumber;
    return newer ? this.tokenOf(now) : undefined;
  }

  private usableToken(connection: Connection, rejected: string | undefined): string | undefined {
    const { accessExpiresAt } = connection;
    if (accessExpiresAt !== null && accessExpiresAt.getTime() - Date.now() < MIN_LIFE_MS) return undefined;
    const token = this.tokenOf(connection);
    return token === rejected ? undefined : token;
  }

  private tokenOf({ userId, platform, accessToken }: Connection): string | undefined {
    return accessToken === null ? undefined : this.vault.open(accessToken, { userId, platform, field: 'access_token' });
  }

  private async connectionOf(userId: string, platform: string): Promise<Connection> {
    const connection = await this.connections.find(userId, platform);
    if (!connection || connection.status === 'disconnected') {
      throw new PermanentError('NOT_CONNECTED', `${platform} is not connected`);
    }
    if (connection.status === 'needs_reconnect') throw needsReconnect(platform);
    return connection;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'CONNECT_CODE_REFUSED';
}

function needsReconnect(platform: string, cause?: unknown): PermanentError {
  return new PermanentError('NEEDS_RECONNECT', `${platform} no longer accepts the connection; connect it again`, {
    cause,
    problem: accessEnded(findPlatform(platform)?.title ?? platform),
  });
}
