import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { ExtractedItem, Platform } from '../platforms/platform.js';
import { CONNECTION } from './item-versions.js';

/** What earlier pages had; some of it may be a witness of what an archive tells. */
const POLLED = `user_id = $1 AND platform = $2 AND kind = $3 AND time_meaning = 'user_act' AND '${CONNECTION}' = ANY (sources)`;

/** Periods whose acts the provider had dropped before they were read. The signature concludes nothing from them. */
@Injectable()
export class CoverageGaps {
  /**
   * Finds a gap before a page that has just been stored. A page with everything that the provider keeps and no item that an
   * earlier one had leaves a gap between the newest item of those and its own oldest. What archives tell is left to the
   * reading of gaps: they come and go in any order.
   */
  async note(
    tx: Transaction,
    userId: string,
    { name, polling }: Pick<Platform, 'name' | 'polling'>,
    items: readonly ExtractedItem[],
  ): Promise<void> {
    if (!polling) return;
    const times = items.flatMap((item) => (item.kind === polling.kind && item.occurredAt ? [item.occurredAt] : []));
    // Entries without a track are left out of a page, so a full one may be a little shorter.
    if (times.length < polling.keeps * 0.9) return;
    const oldest = times.reduce((a, b) => (a < b ? a : b));
    await tx.query(
      `INSERT INTO coverage_gaps (user_id, platform, kind, from_at, to_at)
       SELECT $1, $2, $3, max(at), $4 FROM (
         SELECT max(occurred_at) AS at FROM items WHERE ${POLLED} AND occurred_at < $4
         UNION ALL SELECT max(occurred_at) FROM witnesses WHERE ${POLLED} AND occurred_at < $4) AS known
       HAVING max(at) IS NOT NULL
         AND NOT EXISTS (SELECT FROM items WHERE ${POLLED} AND occurred_at >= $4 AND first_seen_at < now())
         AND NOT EXISTS (SELECT FROM witnesses WHERE ${POLLED} AND occurred_at >= $4 AND first_seen_at < now())
       ON CONFLICT DO NOTHING`,
      [userId, name, polling.kind, oldest],
    );
  }

  async erase(tx: Transaction, userId: string, platform: string): Promise<void> {
    await tx.query('DELETE FROM coverage_gaps WHERE user_id = $1 AND platform = $2', [userId, platform]);
  }
}
