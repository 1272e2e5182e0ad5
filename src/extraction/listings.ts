import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { storableText } from '../database/storable.js';
import { listName } from '../platforms/cursors.js';
import type { ExtractedItem, Listing } from '../platforms/platform.js';
import { CONNECTION, withoutSource } from './item-versions.js';

/** What the connection tells of a kind now; what only an archive tells is in no list. `$1` to `$3`: user, platform, kind. */
const IS_TOLD = `user_id = $1 AND platform = $2 AND kind = $3 AND gone_at IS NULL AND '${CONNECTION}' = ANY (sources)`;

/** The stored items of a list. `$4` and `$5`: the range of ids, see `rangeOf`. */
const OF_LIST = `${IS_TOLD} AND external_id >= $4 AND external_id < $5`;

/** Those with the ids `$4`, which are between `$5` and `$6`. */
const NAMED = `${IS_TOLD} AND external_id BETWEEN $5 AND $6 AND external_id = ANY ($4::text[])`;

/** The range of ids that begin with the owner's id and a colon (a semicolon comes next after it); all ids without owner. */
function rangeOf(within: string | undefined): [from: string, to: string] {
  return within === undefined ? ['', '\u{10ffff}'] : [`${within}:`, `${within};`];
}

/** The most items that are marked in the transaction of a page, so that it is short. */
const MOST_AT_ONCE = 2_000;

/** Items that are gone from a platform, few enough to be marked in one transaction. */
export interface GoneItems {
  readonly kind: string;
  /** In the order of the primary key, so that only their part of it is read. */
  readonly ids: readonly string[];
  /** The kind of the items that these hold; each of them is a list of its own. */
  readonly holds?: string | undefined;
}

/**
 * More is gone from a list than can be marked in the transaction of its last page. Nothing of that page is stored. What is
 * gone is to be marked piece by piece, in this order; then the page can be stored.
 */
export class ManyGone extends Error {
  override readonly name = 'ManyGone';

  constructor(readonly pieces: readonly GoneItems[]) {
    super('More is gone from a list than is marked at once');
  }
}

/**
 * Marks items that are no longer in their list, once the list was read from begin to end. Until then the ids of each page
 * are stored in the page's transaction, so that a run can be interrupted and resumed at any page. A list without stored
 * items cannot lose any, so its ids are not stored.
 */
@Injectable()
export class Listings {
  /**
   * Call it in the transaction of a page, before the items are stored.
   * @throws ManyGone when the page is the last one and too much is gone
   */
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

  /**
   * Marks items as gone; those that an archive tells too are what it told from then on. The lists that they are lose
   * their cursors: if one comes back, it is read from the start.
   */
  async mark(
    tx: Transaction,
    { userId, platform }: { readonly userId: string; readonly platform: string },
    { kind, ids, holds }: GoneItems,
  ): Promise<void> {
    const named = [userId, platform, kind, ids, ids[0], ids.at(-1)];
    await tx.query(`UPDATE items SET gone_at = now() WHERE ${NAMED} AND sources = '{${CONNECTION}}'`, named);
    const left = await tx.query<{ place: string }>(
      `SELECT ctid::text AS place FROM items WHERE ${NAMED} ORDER BY external_id FOR UPDATE`,
      named,
    );
    const places = left.map(({ place }) => place);
    // No listening is in a list, so none is told anew.
    if (places.length > 0) await withoutSource(tx, 'items', places, CONNECTION);
    if (holds === undefined) return;
    await tx.query('DELETE FROM cursors WHERE user_id = $1 AND platform = $2 AND list = ANY($3)', [
      userId,
      platform,
      ids.map((owner) => listName(holds, owner)),
    ]);
  }

  private async end(
    tx: Transaction,
    of: { readonly userId: string; readonly platform: string },
    listing: Listing,
    list: string,
  ): Promise<void> {
    const pieces = await this.gone(tx, of, listing, list);
    if (pieces.reduce((sum, { ids }) => sum + ids.length, 0) > MOST_AT_ONCE) throw new ManyGone(pieces);
    for (const piece of pieces) await this.mark(tx, of, piece);
    await tx.query('DELETE FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $3', [
      of.userId,
      of.platform,
      list,
    ]);
  }

  /** What the list no longer has. What that holds comes first: it is found only as long as its owner is not marked. */
  private async gone(
    tx: Transaction,
    { userId, platform }: { readonly userId: string; readonly platform: string },
    { kind, within, holds }: Listing,
    list: string,
  ): Promise<GoneItems[]> {
    // EXCEPT is never planned as a nested loop, even while the tables have no statistics.
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM (
         SELECT external_id AS id FROM items WHERE ${OF_LIST}
         EXCEPT SELECT unnest(external_ids) FROM listed_pages WHERE user_id = $1 AND platform = $2 AND list = $6) AS gone
       ORDER BY id COLLATE "C"`,
      [userId, platform, kind, ...rangeOf(within), list],
    );
    const lost = inPieces(rows).map((ids) => ({ kind, ids, holds }));
    if (holds === undefined || lost.length === 0) return lost;
    // One range of the primary key for each owner (OFFSET 0 keeps that from becoming a join).
    const held = await tx.query<{ id: string }>(
      `SELECT held.id FROM unnest($4::text[]) AS owner CROSS JOIN LATERAL (
         SELECT external_id AS id FROM items WHERE ${IS_TOLD} AND external_id >= owner || ':' AND external_id < owner || ';' OFFSET 0) AS held
       ORDER BY held.id`,
      [userId, platform, holds, rows.map(({ id }) => id)],
    );
    return [...inPieces(held).map((ids) => ({ kind: holds, ids })), ...lost];
  }
}

function inPieces(rows: readonly { readonly id: string }[]): string[][] {
  const pieces: string[][] = [];
  for (let from = 0; from < rows.length; from += MOST_AT_ONCE) {
    pieces.push(rows.slice(from, from + MOST_AT_ONCE).map(({ id }) => id));
  }
  return pieces;
}
