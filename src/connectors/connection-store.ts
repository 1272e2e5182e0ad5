import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { JobIntake } from '../queues/job-intake.js';
import { PRIORITY } from '../queues/jobs.js';
import { EventLog } from '../realtime/event-log.js';
import type { Grant } from './oauth-client.js';
import type { PlatformAccess } from './platform-access.js';
import { TokenVault } from './token-vault.js';

/** Stores what a provider granted, and what follows from it. */
@Injectable()
export class ConnectionStore {
  constructor(
    private readonly vault: TokenVault,
    private readonly intake: JobIntake,
    private readonly events: EventLog,
  ) {}

  /**
   * Saves a grant as the user's connection and queues its first extraction, all in the caller's transaction.
   * @param then what else belongs to it
   * @returns the id of the extraction job
   */
  async connect(
    tx: Transaction,
    userId: string,
    access: PlatformAccess,
    grant: Grant,
    then: (jobId: string) => void = () => {},
  ): Promise<string> {
    const platform = access.platform.name;
    const seal = (secret: string | undefined, field: 'access_token' | 'refresh_token') =>
      secret === undefined ? null : this.vault.seal(secret, { userId, platform, field });
    // Jobs before connections: everything that locks both does it in this order.
    const { job } = await this.intake.enqueue(
      tx,
      'extract-platform',
      { userId, platform },
      { trigger: 'connect', priority: PRIORITY.first },
    );
    tx.withCommit(
      `INSERT INTO connections
         (user_id, platform, origin, status, scopes, access_token, refresh_token, access_expires_at, connected_at,
          grant_ends_at)
       VALUES ($1, $2, $3, 'connected', $4, $5, $6, now() + $7::float8 * interval '1 s', now(), now() + $8::int * interval '1 month')
       ON CONFLICT (user_id, platform) DO UPDATE SET status = 'connected', grant_number = connections.grant_number + 1,
         origin = excluded.origin, scopes = excluded.scopes, access_token = excluded.access_token,
         refresh_token = excluded.refresh_token, access_expires_at = excluded.access_expires_at,
         connected_at = excluded.connected_at, refreshing_until = NULL,
         grant_ends_at = excluded.grant_ends_at, end_told_at = NULL`,
      [
        userId,
        platform,
        access.mode,
        grant.scopes ?? access.scopes,
        seal(grant.accessToken, 'access_token'),
        seal(grant.refreshToken, 'refresh_token'),
        grant.expiresInSeconds ?? null,
        access.platform.oauth.grantMonths ?? null,
      ],
    );
    then(job.id);
    this.events.append(tx, userId, 'connection_status', { platform, status: 'connected' });
    return job.id;
  }
}
