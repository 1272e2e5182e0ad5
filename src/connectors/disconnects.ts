import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { QueueEntries } from '../queues/queue-entries.js';
import { EventLog } from '../realtime/event-log.js';
import { Connections } from './connections.js';
import { TokenRevocation, type HeldGrant } from './token-revocation.js';

/** Ending connections: here first and for certain, then at the provider, as far as it goes along. */
@Injectable()
export class Disconnects {
  constructor(
    private readonly database: Database,
    private readonly ledger: JobLedger,
    private readonly intake: JobIntake,
    private readonly entries: QueueEntries,
    private readonly events: EventLog,
    private readonly connections: Connections,
    private readonly revocation: TokenRevocation,
  ) {}

  /**
   * Forgets the tokens, ends running work, and with `deleteData` removes the data and rebuilds the signature; then
   * gives the tokens back to the provider.
   * @returns whether the provider has taken them back
   * @throws ApiError 404 `NOT_CONNECTED`
   */
  async disconnect(
    userId: string,
    platform: string,
    { deleteData }: { readonly deleteData: boolean },
  ): Promise<{ revoked: boolean }> {
    const { held, ended } = await this.database.transaction(async (tx) => {
      // Jobs before connections: everything that locks both does it in this order.
      const unfinished = await this.ledger.lockUnfinished(tx, userId, platform);
      for (const id of unfinished) await this.ledger.cancel(tx, id);
      const [row] = await tx.query<HeldGrant>(
        `WITH held AS (SELECT * FROM connections WHERE user_id = $1 AND platform = $2 FOR UPDATE)
         UPDATE connections SET status = 'disconnected', grant_number = held.grant_number + 1, scopes = '{}',
           access_token = NULL, refresh_token = NULL, access_expires_at = NULL, refreshing_until = NULL,
           grant_ends_at = NULL, end_told_at = NULL
         FROM held
         WHERE connections.user_id = held.user_id AND connections.platform = held.platform
           AND (held.status <> 'disconnected' OR $3)
         RETURNING held.user_id AS "userId", held.platform, held.origin,
           held.access_token AS "accessToken", held.refresh_token AS "refreshToken"`,
        [userId, platform, deleteData],
      );
      if (!row) throw new ApiError(404, 'NOT_CONNECTED', 'That platform is not connected.');
      if (deleteData) {
        await this.connections.eraseData(tx, userId, platform);
        await this.intake.enqueue(tx, 'build-signature', { userId }, { trigger: 'manual' });
      }
      this.events.append(tx, userId, 'connection_status', { platform, status: 'disconnected' });
      return { held: row, ended: unfinished };
    });
    const [revoked] = await Promise.all([
      this.revocation.ofConnection(held),
      this.entries.forget((entry) => entry.userId === userId && entry.platform === platform, ended),
    ]);
    return { revoked };
  }
}
