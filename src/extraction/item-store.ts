import { Injectable } from '@nestjs/common';
import { BEING_DELETED } from '../connectors/platform-data-erasers.js';
import { Database, type Transaction } from '../database/database.js';
import { storableJson, storableText } from '../database/storable.js';
import type { ExtractedItem } from '../platforms/platform.js';
import { CONNECTION, type Told } from './item-sources.js';

/** A stored item as the API lists it. */
export interface StoredItem {
  readonly platform: string;
  readonly kind: string;
  readonly externalId: string;
  readonly key: string | null;
  readonly occurredAt: Date | null;
  readonly timeMeaning: string;
  readonly payload: unknown;
}

/** The position after a page of items: the primary key without the user. */
export type ItemPosition = readonly [platform: string, kind: string, externalId: string];

/** The items, one row each: an item that is read again is updated in place if it has changed. */
@Injectable()
export class ItemStore {
  constructor(private readonly database: Database) {}

  /**
   * Stores what a connection gave in the caller's transaction; unchanged rows are not rewritten. It knows more of an item
   * than archives do, and replaces what they told of it.
   */
  async upsert(tx: Transaction, userId: string, platform: string, items: readonly ExtractedItem[]): Promise<void> {
    if (items.length === 0) return;
    const unique = rowsOf(items);
    await tx.query(
      // Unchanged items are left out before the insert, because a conflict locks the row, which is a write too. The
      // subquery is always one index lookup for each row; a join can get any plan while the table has no statistics.
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, listening)
       SELECT $1, $2, page.* FROM ${PAGE}
       WHERE NOT coalesce((
         SELECT gone_at IS NULL AND '${CONNECTION}' = ANY (items.sources)
           AND (items.key, items.occurred_at, items.time_meaning, items.payload, items.listening)
             IS NOT DISTINCT FROM (page.key, page.occurred_at, page.time_meaning, page.payload, page.listening)
         FROM items WHERE user_id = $1 AND platform = $2 AND items.kind = page.kind
           AND items.external_id = page.external_id), false)
         AND NOT (page.listening IS NOT NULL AND EXISTS (
           SELECT FROM witnesses WHERE user_id = $1 AND platform = $2 AND witnesses.kind = page.kind
             AND witnesses.external_id = page.external_id))
       ON CONFLICT (user_id, platform, kind, external_id) DO UPDATE
         SET key = excluded.key, occurred_at = excluded.occurred_at, time_meaning = excluded.time_meaning,
           payload = excluded.payload, listening = excluded.listening, updated_at = now(), gone_at = NULL,
           sources = array_remove(items.sources, '${CONNECTION}') || '{${CONNECTION}}'`,
      columnsOf(userId, platform, unique),
    );
  }

  /**
   * Stores what an import tells, in the caller's transaction with one statement. It changes nothing of an item that is
   * there, but notes that the import tells it too.
   * @returns the ids of those that are new, as `kind id`
   */
  async add(
    tx: Transaction,
    { userId, platform, source }: Told,
    items: readonly ExtractedItem[],
  ): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ name: string }>(
      `WITH page AS MATERIALIZED (SELECT * FROM ${PAGE}),
       item AS MATERIALIZED (
         SELECT item.* FROM page CROSS JOIN LATERAL (SELECT ctid AS place, page.kind, page.external_id, sources FROM items
           WHERE user_id = $1 AND platform = $2 AND items.kind = page.kind AND items.external_id = page.external_id OFFSET 0) AS item),
       witness AS MATERIALIZED (
         SELECT witness.* FROM page CROSS JOIN LATERAL (SELECT ctid AS place, page.kind, page.external_id, sources FROM witnesses
           WHERE user_id = $1 AND platform = $2 AND witnesses.kind = page.kind AND witnesses.external_id = page.external_id OFFSET 0) AS witness),
       told_again AS (UPDATE items SET sources = items.sources || $10::text
         WHERE ctid = ANY (ARRAY(SELECT place FROM item WHERE NOT $10 = ANY (sources)))),
       witnessed_again AS (UPDATE witnesses SET sources = witnesses.sources || $10::text
         WHERE ctid = ANY (ARRAY(SELECT place FROM witness WHERE NOT $10 = ANY (sources)))),
       added AS (
         INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, listening, sources)
         SELECT $1, $2, page.*, ARRAY[$10::text] FROM page
         WHERE NOT EXISTS (SELECT FROM item WHERE (item.kind, item.external_id) = (page.kind, page.external_id))
           AND NOT EXISTS (SELECT FROM witness WHERE (witness.kind, witness.external_id) = (page.kind, page.external_id))
         ON CONFLICT DO NOTHING RETURNING kind, external_id)
       SELECT kind || ' ' || external_id AS name FROM added`,
      [...columnsOf(userId, platform, rowsOf(items)), source],
    );
    return new Set(rows.map(({ name }) => name));
  }

  /** The items that the platforms still have and nobody wants to be deleted, in the order of the primary key. */
  list(
    userId: string,
    filter: {
      readonly platform?: string | undefined;
      readonly kind?: string | undefined;
      readonly after?: ItemPosition | undefined;
    },
    limit: number,
  ): Promise<StoredItem[]> {
    const [platform, kind, externalId] = filter.after ?? [null, null, null];
    return this.database.query<StoredItem>(
      `SELECT platform, kind, external_id AS "externalId", key, occurred_at AS "occurredAt", time_meaning AS "timeMeaning", payload
       FROM items
       WHERE user_id = $1 AND gone_at IS NULL AND platform <> ALL (ARRAY(${BEING_DELETED})) AND ($2::text IS NULL OR platform = $2) AND ($3::text IS NULL OR kind = $3)
         AND ($4::text IS NULL OR (platform, kind, external_id) > ($4, $5, $6))
       ORDER BY platform, kind, external_id LIMIT $7`,
      [userId, filter.platform ?? null, filter.kind ?? null, platform, kind, externalId, limit],
    );
  }
}

/** A page of items in SQL; its columns are parameters $3 to $9, see `columnsOf`. */
const PAGE = `unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::jsonb[], $9::jsonb[])
  AS page (kind, external_id, key, occurred_at, time_meaning, payload, listening)`;

/** Items in the form of their rows, in the order of their keys: two writers cannot deadlock. Of equal keys the last counts. */
function rowsOf(items: readonly ExtractedItem[]) {
  // One statement must not write a row twice.
  return [...new Map(items.map(storable).map((item) => [JSON.stringify([item.kind, item.externalId]), item]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
}

/** The parameters of a statement about a page of items. */
function columnsOf(userId: string, platform: string, rows: ReturnType<typeof rowsOf>): unknown[] {
  return [
    userId,
    platform,
    rows.map((item) => item.kind),
    rows.map((item) => item.externalId),
    rows.map((item) => item.key),
    rows.map((item) => item.occurredAt),
    rows.map((item) => item.timeMeaning),
    rows.map((item) => item.payload),
    rows.map((item) => item.listening),
  ];
}

/** An item in the form of its row: without characters that PostgreSQL cannot store, its payload as JSON. */
function storable({ kind, externalId, key, payload, listening, ...item }: ExtractedItem) {
  return {
    ...item,
    kind: storableText(kind),
    externalId: storableText(externalId),
    key: key === null ? null : storableText(key),
    payload: storableJson(payload),
    listening: listening ? storableJson(listening) : null,
  };
}
