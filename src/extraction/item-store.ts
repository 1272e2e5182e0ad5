import { Injectable } from '@nestjs/common';
import { BEING_DELETED } from '../connectors/platform-data-erasers.js';
import { Database, type Transaction } from '../database/database.js';
import { storableJson, storableText } from '../database/storable.js';
import type { ExtractedItem } from '../platforms/platform.js';

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

/** The extracted items, one row each: an item that is read again is updated in place if it has changed. */
@Injectable()
export class ItemStore {
  constructor(private readonly database: Database) {}

  /** Stores items in the caller's transaction with one statement; unchanged rows are not rewritten. */
  async upsert(tx: Transaction, userId: string, platform: string, items: readonly ExtractedItem[]): Promise<void> {
    if (items.length === 0) return;
    // One statement must not write a row twice. Ordered, two writers cannot deadlock.
    const unique = [...new Map(items.map(storable).map((item) => [JSON.stringify([item.kind, item.externalId]), item]))]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, item]) => item);
    await tx.query(
      // Unchanged items are left out before the insert, because a conflict locks the row, which is a write too. The
      // subquery is always one index lookup for each row; a join can get any plan while the table has no statistics.
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       SELECT $1, $2, page.*
       FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::jsonb[])
         AS page (kind, external_id, key, occurred_at, time_meaning, payload)
       WHERE NOT coalesce((
         SELECT gone_at IS NULL AND (items.key, items.occurred_at, items.time_meaning, items.payload)
             IS NOT DISTINCT FROM (page.key, page.occurred_at, page.time_meaning, page.payload)
         FROM items WHERE user_id = $1 AND platform = $2 AND items.kind = page.kind
           AND items.external_id = page.external_id), false)
       ON CONFLICT (user_id, platform, kind, external_id) DO UPDATE
         SET key = excluded.key, occurred_at = excluded.occurred_at, time_meaning = excluded.time_meaning,
           payload = excluded.payload, updated_at = now(), gone_at = NULL`,
      [
        userId,
        platform,
        unique.map((item) => item.kind),
        unique.map((item) => item.externalId),
        unique.map((item) => item.key),
        unique.map((item) => item.occurredAt),
        unique.map((item) => item.timeMeaning),
        unique.map((item) => item.payload),
      ],
    );
  }

  /** How many items there are, those that are gone from the platform included, counted no further than `atMost`. */
  async count(tx: Transaction, userId: string, platform: string, atMost?: number): Promise<number> {
    const [row] = await tx.query<{ items: number }>(
      `SELECT count(*) AS items FROM (SELECT FROM items WHERE user_id = $1 AND platform = $2 LIMIT $3) AS counted`,
      [userId, platform, atMost ?? null],
    );
    return row?.items ?? 0;
  }

  /**
   * Deletes items of a platform in the order of their key, at most so many.
   * @returns how many; fewer than `atMost` when none is left
   */
  async erase(tx: Transaction, userId: string, platform: string, atMost: number): Promise<number> {
    const [row] = await tx.query<{ items: number }>(
      `WITH gone AS (
         DELETE FROM items WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM items WHERE user_id = $1 AND platform = $2
           ORDER BY user_id, platform, kind, external_id LIMIT $3 FOR UPDATE))
         RETURNING 1)
       SELECT count(*) AS items FROM gone`,
      [userId, platform, atMost],
    );
    return row?.items ?? 0;
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

/** An item in the form of its row: without characters that PostgreSQL cannot store, its payload as JSON. */
function storable({ kind, externalId, key, payload, ...item }: ExtractedItem) {
  return {
    ...item,
    kind: storableText(kind),
    externalId: storableText(externalId),
    key: key === null ? null : storableText(key),
    payload: storableJson(payload),
  };
}
