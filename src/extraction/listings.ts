import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { storableText } from '../database/storable.js';
import { listName } from '../platforms/cursors.js';
import type { ExtractedItem, Listing } from '../platforms/platform.js';

/** The stored items of a list: user, platform and kind are `$1` to `$3`, what it is within lies between `$4` and `$5`. */
const OF_LIST = `user_id = $1 AND platform = $2 AND kind = $3 AND gone_at IS NULL
  AND external_id >= $4 AND external_id < $5`;

/** The ids that begin with a list's own id and a colon, which a semicolon follows; all there are without one. */
function rangeOf(within: string | undefined): [from: string, to: string] {
  return within === undefined ? ['', '\u{10ffff}'] : [`${within}:`, `${within};`];
}

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
           SELECT $1, $2, $6, $7 WHERE EXISTS (SELECT FROM items WHERE ${OF_LIST}) RETURNING page`,
          [of.userId, of.platform, kind, ...rangeOf(within), list, ids],
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
    // EXCEPT is never planned as a loop in a loop, however little is known of the tables.
    const gone = await tx.query<{ id: string }>(
      `SELECT external_id AS id FROM items WHERE ${OF_LIST}
       EXCEPT SELECT unnest(external_ids) FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $6`,
      [userId, platform, kind, ...rangeOf(within), list],
    );
    await tx.query('DELETE FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $3', [
      userId,
      platform,
      list,
    ]);
    if (gone.length === 0) return;
    const ids = gone.map(({ id }) => id);
    await tx.query(
      `UPDATE items SET gone_at = now()
       WHERE user_id = $1 AND platform = $2 AND kind = $3 AND external_id = ANY($4::text[])`,
      [userId, platform, kind, ids],
    );
    if (holds === undefined) return;
    await tx.query(
      `UPDATE items SET gone_at = now() WHERE user_id = $1 AND platform = $2 AND kind = $3 AND gone_at IS NULL
         AND split_part(external_id, ':', 1) = ANY($4)`,
      [userId, platform, holds, ids],
    );
    // Should one of them come back, it is read again.
    await tx.query('DELETE FROM cursors WHERE user_id = $1 AND platform = $2 AND list = ANY($3)', [
      userId,
      platform,
      ids.map((owner) => listName(holds, owner)),
    ]);
  }
}
