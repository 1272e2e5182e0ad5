import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { EventLog } from '../realtime/event-log.js';

/** So long before a grant ends its person is told: time enough to come by. */
export const ENDING_DAYS = 14;

const CHUNK = 100;

/** Tells people that a provider is about to end their grant, whatever we do: only they can give a new one. */
@Injectable()
export class GrantEnds {
  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    housekeeping: Housekeeping,
  ) {
    housekeeping.also(() => this.announce());
  }

  /** Tells everybody who has not been told yet, each once; any number of processes may do so at once. */
  async announce(): Promise<void> {
    for (let told = CHUNK; told === CHUNK;) told = await this.announceSome();
  }

  private announceSome(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<{ userId: string; platform: string; grantEndsAt: Date }>(
        `UPDATE connections SET end_told_at = now() FROM (
           SELECT user_id, platform FROM connections
           WHERE status = 'connected' AND end_told_at IS NULL AND grant_ends_at < now() + ${ENDING_DAYS} * interval '1 day'
           ORDER BY user_id, platform LIMIT ${CHUNK} FOR UPDATE SKIP LOCKED) AS ending
         WHERE connections.user_id = ending.user_id AND connections.platform = ending.platform
         RETURNING connections.user_id AS "userId", connections.platform, grant_ends_at AS "grantEndsAt"`,
      );
      for (const { userId, platform, grantEndsAt } of rows) {
        const grantExpiresAt = grantEndsAt.toISOString();
        this.events.append(tx, userId, 'connection_status', { platform, status: 'expiring', grantExpiresAt });
      }
      return rows.length;
    });
  }
}
