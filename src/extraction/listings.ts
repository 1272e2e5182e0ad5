import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { storableText } from '../database/storable.js';
import { listName } from '../platforms/cursors.js';
import type { ExtractedItem, Listing } from '../platforms/platform.js';

/** The stored items of a list. `$1` to `$3`: user, platform, kind; `$4` and `$5`: the range of ids, see `rangeOf`. */
const OF_LIST = `user_id = $1 AND platform = $2 AND kind = $3 AND gone_at IS NULL
  AND external_id >= $4 AND external_id < $5`;

/** The range of ids that begin with the owner's id and a colon (a semicolon comes next after it); all ids without owner. */
function rangeOf(within: string | undefined): [from: string, to: string] {
  return within === undefined ? ['', '\u{10ffff}'] : [`${within}:`, `${within};`];
}

/**
 * Marks items that are no longer in their list, once the list was read from begin to end. Until then the ids of each page
 * are stored in the page's transaction, so that a run can be interrupted and resumed at any page. A list without stored
 * items cannot lose any, so its ids are not stored.
 */
@Injectable()
export class Listings {
  /** Call it in the transaction of a page, before the items are stored. */
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
    // EXCEPT is never planned as a nested loop, even while the tables have no statistics.
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
    // If one of them comes back, its list is read from the start.
    await tx.query('DELETE FROM cursors WHERE user_id = $1 AND platform = $2 AND list = ANY($3)', [
      userId,
      platform,
      ids.map((owner) => listName(holds, owner)),
    ]);
  }
}
