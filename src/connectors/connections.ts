import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { JobLedger } from '../queues/job-ledger.js';
import { EventLog } from '../realtime/event-log.js';

/** Removes in the given transaction what a module holds of a user's platform. */
export type DataEraser = (tx: Transaction, userId: string, platform: string) => Promise<void>;

/** Ending connections. Modules above register what they hold, so that nothing has to be imported upwards. */
@Injectable()
export class Connections {
  private readonly erasers: DataEraser[] = [];

  constructor(
    private readonly database: Database,
    private readonly ledger: JobLedger,
    private readonly events: EventLog,
  ) {}

  registerEraser(eraser: DataEraser): void {
    this.erasers.push(eraser);
  }

  /** Forgets the tokens, ends running work, and with `deleteData` removes the data and rebuilds the signature. */
  async disconnect(userId: string, platform: string, { deleteData }: { readonly deleteData: boolean }): Promise<void> {
    await this.database.transaction(async (tx) => {
      // Jobs before connections: everything that locks both does it in this order.
      for (const id of await this.ledger.lockUnfinished(tx, userId, platform)) await this.ledger.cancel(tx, id);
      const [row] = await tx.query(
        `UPDATE connections SET status = 'disconnected', grant_number = grant_number + 1, scopes = '{}',
           access_token = NULL, refresh_token = NULL, access_expires_at = NULL, refreshing_until = NULL
         WHERE user_id = $1 AND platform = $2 AND (status <> 'disconnected' OR $3) RETURNING platform`,
        [userId, platform, deleteData],
      );
      if (!row) throw new ApiError(404, 'NOT_CONNECTED', 'That platform is not connected.');
      if (deleteData) {
        for (const erase of this.erasers) await erase(tx, userId, platform);
        await this.ledger.enqueue(tx, 'build-signature', { userId }, { trigger: 'manual' });
      }
      this.events.append(tx, userId, 'connection_status', { platform, status: 'disconnected' });
    });
  }

  /** The provider no longer accepts the grant: the person is told, once, and must connect again. */
  async needsReconnect(tx: Transaction, userId: string, platform: string, grantNumber: number): Promise<void> {
    const [row] = await tx.query(
      `UPDATE connections SET status = 'needs_reconnect', refreshing_until = NULL
       WHERE user_id = $1 AND platform = $2 AND grant_number = $3 AND status = 'connected' RETURNING platform`,
      [userId, platform, grantNumber],
    );
    if (!row) return;
    this.events.append(tx, userId, 'connection_status', { platform, status: 'needs_reconnect' });
  }
}
