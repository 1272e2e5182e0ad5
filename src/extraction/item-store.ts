import { Injectable } from '@nestjs/common';
import { BEING_DELETED } from '../connectors/platform-data-erasers.js';
import { Database, type Transaction } from '../database/database.js';
import { storableJson, storableText } from '../database/storable.js';
import type { ExtractedItem } from '../platforms/platform.js';
import type { Told } from './item-sources.js';
import { CONNECTION, versionOf, versionsBeside } from './item-versions.js';

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
   * than archives do: what they told of it stands in the item's versions from then on.
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
         SELECT gone_at IS NULL AND '${CONNECTION}' = ANY (items.sources) AND ${IS_SAME}
         FROM items WHERE user_id = $1 AND platform = $2 AND items.kind = page.kind
           AND items.external_id = page.external_id), false)
         AND NOT EXISTS (
           SELECT FROM witnesses WHERE user_id = $1 AND platform = $2 AND witnesses.kind = page.kind
             AND witnesses.external_id = page.external_id)
       ON CONFLICT (user_id, platform, kind, external_id) DO UPDATE
         SET key = excluded.key, occurred_at = excluded.occurred_at, time_meaning = excluded.time_meaning,
           payload = excluded.payload, listening = excluded.listening, updated_at = now(), gone_at = NULL,
           versions = ${versionsBeside(`'${CONNECTION}'`, 'items')},
           sources = array_remove(items.sources, '${CONNECTION}') || '{${CONNECTION}}'`,
      columnsOf(userId, platform, unique),
    );
  }

  /**
   * Stores what an import tells, in the caller's transaction. Of an item that is there the import tells too. In other
   * words it tells a version of it, which the item shows from then on if only imports have told it and it is no act: a
   * newer archive knows better how things are, but not what was done.
   * @param oneKindOf kinds of which an id has one at a time: the item becomes one of the kind that is told now
   * @returns the ids of those that are new or show something new, as `kind id`
   */
  async add(
    tx: Transaction,
    { userId, platform, source }: Told,
    items: readonly ExtractedItem[],
    oneKindOf: readonly string[] = [],
  ): Promise<ReadonlySet<string>> {
    const page = rowsOf(items, oneKindOf.length > 0);
    const parameters = (rows: typeof page) => [...columnsOf(userId, platform, rows), source];
    if (oneKindOf.length > 0) {
      const [kinds, ids] = [page.map(({ kind }) => kind), page.map(({ externalId }) => externalId)];
      await tx.query(CHANGE_KIND, [userId, platform, kinds, ids, source, oneKindOf]);
    }
    const rows = await tx.query<{ name: string; fate: 'added' | 'differs' | 'told before' }>(ADD, parameters(page));
    const named = (...fates: (typeof rows)[number]['fate'][]) =>
      new Set(rows.filter(({ fate }) => fates.includes(fate)).map(({ name }) => name));
    const added = named('added');
    const differing = named('differs', 'told before');
    if (differing.size === 0) return added;
    const others = parameters(page.filter(({ kind, externalId }) => differing.has(`${kind} ${externalId}`)));
    for (const table of ['items', 'witnesses']) await tx.query(addVersions(table), others);
    const shown = await tx.query<{ name: string }>(SHOW, others);
    const first = named('differs');
    return new Set([...added, ...shown.map(({ name }) => name).filter((name) => first.has(name))]);
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
       WHERE user_id = $1 AND gone_at IS NULL AND NOT ${IS_LEAVING} AND ($2::text IS NULL OR platform = $2) AND ($3::text IS NULL OR kind = $3)
         AND ($4::text IS NULL OR (platform, kind, external_id) > ($4, $5, $6))
       ORDER BY platform, kind, external_id LIMIT $7`,
      [userId, filter.platform ?? null, filter.kind ?? null, platform, kind, externalId, limit],
    );
  }
}

/** In SQL, an item of user `$1` that only the connection has told and that is being deleted. */
export const IS_LEAVING = `(sources = '{${CONNECTION}}' AND platform = ANY (ARRAY(${BEING_DELETED})))`;

/** A page of items in SQL; its columns are parameters $3 to $9, see `columnsOf`. */
const PAGE = `unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::jsonb[], $9::jsonb[])
  AS page (kind, external_id, key, occurred_at, time_meaning, payload, listening)`;

/** Whether an item shows what the page tells. */
const IS_SAME = `(items.key, items.occurred_at, items.time_meaning, items.payload, items.listening)
  IS NOT DISTINCT FROM (page.key, page.occurred_at, page.time_meaning, page.payload, page.listening)`;

/** Whether an item shows what an import tells now: what is gone from the connection is not told by it any more. */
const GIVES_WAY = `(items.gone_at IS NOT NULL OR items.time_meaning <> 'user_act' AND '${CONNECTION}' <> ALL (items.sources))`;

/** Finds the rows of a page by the primary key, whatever the plan (OFFSET 0). */
const found = (table: string, columns: string) =>
  `SELECT page.kind, page.external_id, known.* FROM page CROSS JOIN LATERAL (
     SELECT ctid AS place, $10 = ANY (sources) AS told, ${columns} AS differs FROM ${table} AS items
     WHERE user_id = $1 AND platform = $2 AND items.kind = page.kind AND items.external_id = page.external_id OFFSET 0) AS known`;

/** $10 is the source, here and below. */
const ADD = `
  WITH page AS MATERIALIZED (SELECT * FROM ${PAGE}),
  item AS MATERIALIZED (${found('items', `gone_at IS NOT NULL OR versions ? $10 OR NOT ${IS_SAME}`)}),
  witness AS MATERIALIZED (${found('witnesses', `versions ? $10 OR NOT ${IS_SAME}`)}),
  told_again AS (UPDATE items SET sources = sources || $10::text
    WHERE ctid = ANY (ARRAY(SELECT place FROM item WHERE NOT told AND NOT coalesce(differs, false)))),
  witnessed_again AS (UPDATE witnesses SET sources = sources || $10::text
    WHERE ctid = ANY (ARRAY(SELECT place FROM witness WHERE NOT told AND NOT coalesce(differs, false)))),
  added AS (
    INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, listening, sources)
    SELECT $1, $2, page.*, ARRAY[$10::text] FROM page
    WHERE NOT EXISTS (SELECT FROM item WHERE (item.kind, item.external_id) = (page.kind, page.external_id))
      AND NOT EXISTS (SELECT FROM witness WHERE (witness.kind, witness.external_id) = (page.kind, page.external_id))
    ON CONFLICT DO NOTHING RETURNING kind, external_id)
  SELECT kind || ' ' || external_id AS name, 'added' AS fate FROM added
  UNION ALL SELECT kind || ' ' || external_id, CASE WHEN told THEN 'told before' ELSE 'differs' END
  FROM (SELECT * FROM item UNION ALL SELECT * FROM witness) AS known WHERE differs`;

const OF_PAGE = `FROM ${PAGE} WHERE user_id = $1 AND platform = $2 AND items.kind = page.kind
  AND items.external_id = page.external_id`;

/** Adds versions to rows that go on to show what another source told. */
function addVersions(table: string): string {
  return `UPDATE ${table} AS items SET sources = array_remove(sources, $10::text) || $10::text,
      versions = coalesce(versions, '{}') || jsonb_build_object($10::text, ${versionOf('page')})
    ${OF_PAGE} ${table === 'items' ? `AND NOT ${GIVES_WAY}` : ''}`;
}

/** Lets items show what the page tells. */
const SHOW = `
  UPDATE items SET key = page.key, occurred_at = page.occurred_at, time_meaning = page.time_meaning,
    payload = page.payload, listening = page.listening, updated_at = now(), gone_at = NULL,
    sources = CASE WHEN gone_at IS NULL THEN array_remove(sources, $10::text) ELSE '{}' END || $10::text,
    versions = CASE WHEN gone_at IS NULL THEN ${versionsBeside('$10::text', 'items')} END
  ${OF_PAGE} AND ${GIVES_WAY} RETURNING items.kind || ' ' || items.external_id AS name`;

/** $3 and $4 the kinds and ids of a page, $5 the source, $6 the kinds of which an id has one at a time. */
const CHANGE_KIND = `
  WITH changed AS (
    DELETE FROM items USING unnest($3::text[], $4::text[]) AS page (kind, external_id)
    WHERE user_id = $1 AND platform = $2 AND items.kind = ANY ($6::text[]) AND items.kind <> page.kind
      AND items.external_id = page.external_id
    RETURNING items.*, page.kind AS new_kind)
  INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, listening, first_seen_at,
    sources, versions)
  SELECT user_id, platform, new_kind, external_id, key, occurred_at, time_meaning, payload, listening, first_seen_at,
    sources, ${versionsBeside('$5::text', 'changed')} FROM changed
  ON CONFLICT DO NOTHING`;

/**
 * Items in the form of their rows, in the order of their keys: two writers cannot deadlock. Of equal keys the last counts;
 * where an id has one kind only, it is a key by itself.
 */
function rowsOf(items: readonly ExtractedItem[], idsAlone = false) {
  // One statement must not write a row twice.
  const keyOf = ({ kind, externalId }: ReturnType<typeof storable>) => JSON.stringify([idsAlone || kind, externalId]);
  return [...new Map(items.map(storable).map((item) => [keyOf(item), item]))]
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
