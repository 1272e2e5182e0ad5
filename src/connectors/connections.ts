import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { EventLog } from '../realtime/event-log.js';
import type { Connection } from './connection.entity.js';

/** Removes in the given transaction what a module holds of a user's platform. */
export type DataEraser = (tx: Transaction, userId: string, platform: string) => Promise<void>;

/** What happens to connections from elsewhere. Modules above register what they hold, so that nothing has to be imported upwards. */
@Injectable()
export class Connections {
  private readonly erasers: DataEraser[] = [];

  constructor(private readonly events: EventLog) {}

  registerEraser(eraser: DataEraser): void {
    this.erasers.push(eraser);
  }

  /** Removes what is held of a platform's data, in the transaction of the order to do so. */
  async eraseData(tx: Transaction, userId: string, platform: string): Promise<void> {
    for (const erase of this.erasers) await erase(tx, userId, platform);
  }

  /** The provider no longer accepts the grant as it was read: the person is told, once, and must connect again. */
  async needsReconnect(tx: Transaction, { userId, platform, grantNumber, tokenNumber }: Connection): Promise<void> {
    const [row] = await tx.query(
      `UPDATE connections SET status = 'needs_reconnect', refreshing_until = NULL
       WHERE user_id = $1 AND platform = $2 AND grant_number = $3 AND token_number = $4
         AND status = 'connected' RETURNING platform`,
      [userId, platform, grantNumber, tokenNumber],
    );
    if (!row) return;
    this.events.append(tx, userId, 'connection_status', { platform, status: 'needs_reconnect' });
  }
}
