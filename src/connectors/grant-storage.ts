import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { JobIntake } from '../queues/job-intake.js';
import { PRIORITY } from '../queues/jobs.js';
import { ConnectionRows } from './connection-rows.js';
import type { Grant } from './oauth-client.js';
import type { PlatformAccess } from './platform-access.js';
import { TokenVault } from './token-vault.js';

/** Turns what a provider granted into a connection and its first extraction. */
@Injectable()
export class GrantStorage {
  constructor(
    private readonly vault: TokenVault,
    private readonly intake: JobIntake,
    private readonly connections: ConnectionRows,
  ) {}

  /**
   * Stores a grant as the user's connection and queues its first extraction, all in the caller's transaction.
   * @returns the id of the extraction job
   */
  async store(tx: Transaction, userId: string, access: PlatformAccess, grant: Grant): Promise<string> {
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
    const sealed = {
      accessToken: seal(grant.accessToken, 'access_token'),
      refreshToken: seal(grant.refreshToken, 'refresh_token'),
      expiresInSeconds: grant.expiresInSeconds ?? null,
      scopes: grant.scopes ?? access.scopes,
    };
    const grantMonths = access.platform.oauth.grantMonths ?? null;
    this.connections.connect(tx, { userId, platform, origin: access.mode }, sealed, grantMonths, job.problem);
    return job.id;
  }
}
