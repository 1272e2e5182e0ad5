import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { QueueEntries } from '../queues/queue-entries.js';
import { ConnectionRows } from './connection-rows.js';
import { PlatformDataErasers } from './platform-data-erasers.js';
import { TokenRevocation } from './token-revocation.js';

/** Disconnecting a platform: first here, in one transaction; then at the provider, where its failure changes nothing. */
@Injectable()
export class Disconnection {
  constructor(
    private readonly database: Database,
    private readonly ledger: JobLedger,
    private readonly intake: JobIntake,
    private readonly entries: QueueEntries,
    private readonly connections: ConnectionRows,
    private readonly erasers: PlatformDataErasers,
    private readonly revocation: TokenRevocation,
  ) {}

  /**
   * Deletes the tokens, cancels unfinished jobs, and with `deleteData` deletes the platform's data and rebuilds the
   * signature; then revokes the tokens at the provider.
   * @returns whether the provider has revoked them
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
      const grant = await this.connections.disconnect(tx, { userId, platform }, { again: deleteData });
      if (!grant) throw new ApiError(404, 'NOT_CONNECTED', 'That platform is not connected.');
      if (deleteData) {
        await this.erasers.erase(tx, userId, platform);
        await this.intake.enqueue(tx, 'build-signature', { userId }, { trigger: 'manual' });
      }
      return { held: grant, ended: unfinished };
    });
    const [revoked] = await Promise.all([
      this.revocation.ofConnection(held),
      this.entries.forget((entry) => entry.userId === userId && entry.platform === platform, ended),
    ]);
    return { revoked };
  }
}
