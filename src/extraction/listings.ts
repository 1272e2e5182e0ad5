import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { storableText } from '../database/storable.js';
import { listName } from '../platforms/cursors.js';
import type { ExtractedItem, Listing } from '../platforms/platform.js';

/** The stored items of a list, which is `$1` to `$4`: user, platform, kind, and what it is within. */
const OF_LIST = `user_id = $1 AND platform = $2 AND kind = $3 AND gone_at IS NULL
  AND ($4::text IS NULL OR starts_with(external_id, $4 || ':'))`;

/**
 * Marks what is no longer in a list, once the list was read from its begin to its end. Until then the ids of its pages
 * are kept, each page's in the page's transaction, so that a run may be broken off and resumed anywhere. A list of
 * which nothing was stored before has nothing that could be gone, and is not kept track of.
 */
@Injectable()
export class Listings {
  /** Call it in the transaction of a page, before its items are stored. */
  async note(
    tx: Transaction,
    of: { readonly userId: string; readonly platform: string },
    listing: Listing,
    items: readonly ExtractedItem[],
  ): Promise<void> {
    const { kind, within, begins, ends } = listing;
    const list = storableText(listName(kind, within));
    const ids = items.flatMap((item) => (item.kind === kind ? storableText(item.externalId) : []));
    const key = [of.userId, of.platform, list];
    if (begins) await tx.query('DELETE FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $3', key);
    const [kept] = begins
      ? await tx.query(
          `INSERT INTO listed_pages (user_id, platform, list, external_ids)
           SELECT $1, $2, $5, $6 WHERE EXISTS (SELECT FROM items WHERE ${OF_LIST}) RETURNING page`,
          [of.userId, of.platform, kind, within ?? null, list, ids],
        )
      : await tx.query(
          `INSERT INTO listed_pages (user_id, platform, list, external_ids)
           SELECT $1, $2, $3, $4 WHERE EXISTS (
             SELECT FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $3) RETURNING page`,
          [...key, ids],
        );
    if (ends && kept) await this.end(tx, of, listing, list);
  }

  async erase(tx: Transaction, userId: string, platform: string): Promise<void> {
    await tx.query('DELETE FROM listed_pages WHERE user_id = $1 AND platform = $2', [userId, platform]);
  }

  private async end(
    tx: Transaction,
    { userId, platform }: { readonly userId: string; readonly platform: string },
    { kind, within, holds }: Listing,
    list: string,
  ): Promise<void> {
    const gone = await tx.query<{ id: string }>(
      `UPDATE items SET gone_at = now() WHERE ${OF_LIST} AND NOT EXISTS (
         SELECT FROM listed_pages, unnest(external_ids) AS listed (id)
         WHERE listed_pages.user_id = $1 AND listed_pages.platform = $2 AND list = $5 AND id = external_id)
       RETURNING external_id AS id`,
      [userId, platform, kind, within ?? null, list],
    );
    await tx.query('DELETE FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $3', [
      userId,
      platform,
      list,
    ]);
    if (holds === undefined || gone.length === 0) return;
    const owners = gone.map(({ id }) => id);
    await tx.query(
      `UPDATE items SET gone_at = now() WHERE user_id = $1 AND platform = $2 AND kind = $3 AND gone_at IS NULL
         AND split_part(external_id, ':', 1) = ANY($4)`,
      [userId, platform, holds, owners],
    );
    // Should one of them come back, it is read again.
    await tx.query('DELETE FROM cursors WHERE user_id = $1 AND platform = $2 AND list = ANY($3)', [
      userId,
      platform,
      owners.map((owner) => listName(holds, owner)),
    ]);
  }
}
