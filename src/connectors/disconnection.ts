import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { JobLedger } from '../queues/job-ledger.js';
import { QueueEntries } from '../queues/queue-entries.js';
import { ConnectionRows } from './connection-rows.js';
import { PlatformDataDeletion } from './platform-data-deletion.js';
import { TokenRevocation } from './token-revocation.js';

/** How a platform was disconnected. */
export interface Disconnected {
  /** Whether the provider has revoked the tokens. */
  readonly revoked: boolean;
  /** The job that deletes the data, where that is too much to be gone already. */
  readonly jobId: string | undefined;
}

/** Disconnecting a platform: first here, in one transaction; then at the provider, where its failure changes nothing. */
@Injectable()
export class Disconnection {
  constructor(
    private readonly database: Database,
    private readonly ledger: JobLedger,
    private readonly entries: QueueEntries,
    private readonly connections: ConnectionRows,
    private readonly deletion: PlatformDataDeletion,
    private readonly revocation: TokenRevocation,
  ) {}

  /**
   * Deletes the tokens, cancels unfinished jobs, and with `deleteData` deletes the platform's data and rebuilds the
   * signature; then revokes the tokens at the provider. A deletion that was asked for before goes on.
   * @throws ApiError 404 `NOT_CONNECTED`
   */
  async disconnect(
    userId: string,
    platform: string,
    { deleteData }: { readonly deleteData: boolean },
  ): Promise<Disconnected> {
    const { held, ended, going, jobId } = await this.database.transaction(async (tx) => {
      // Jobs before connections: everything that locks both does it in this order.
      const unfinished = await this.ledger.lockUnfinished(tx, userId, platform);
      const deletions = unfinished.filter(({ name }) => name === 'delete-platform-data').map(({ id }) => id);
      const ended = unfinished.map(({ id }) => id).filter((id) => !deletions.includes(id));
      for (const id of ended) await this.ledger.cancel(tx, id);
      const grant = await this.connections.disconnect(tx, { userId, platform }, { again: deleteData });
      if (!grant) throw new ApiError(404, 'NOT_CONNECTED', 'That platform is not connected.');
      const deletion = deleteData ? await this.deletion.begin(tx, userId, platform) : undefined;
      return { held: grant, ended, going: [...deletions, deletion], jobId: deletion };
    });
    const [revoked] = await Promise.all([
      this.revocation.ofConnection(held),
      this.entries.forget(
        (entry) => entry.userId === userId && entry.platform === platform && !going.includes(entry.jobId),
        ended,
      ),
    ]);
    return { revoked, jobId };
  }
}
