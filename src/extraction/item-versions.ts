import type { Transaction } from '../database/database.js';
import type { Listening } from '../platforms/listening.js';

/** Who tells what a connected platform's API gives, among the sources of an item; imports are named by their id. */
export const CONNECTION = 'connection';

/*
 * An item shows what one source has told of it. What the others told in other words stands in its `versions`, by source; a
 * source that is not there told what the item shows.
 */

/** A telling of a listening that is in other words now. */
interface Retold {
  readonly kind: string;
  readonly occurredAt: Date;
  readonly listening: Listening;
}

/** Columns of the tables of tellings that a version has not. */
const OTHER_COLUMNS = {
  items: 'user_id, platform, external_id, first_seen_at',
  witnesses: 'user_id, platform, external_id, first_seen_at, updated_at, shown_platform, shown_kind, shown_id',
} as const;

/** In SQL, what a row tells, as a version. */
export function versionOf(row: string): string {
  return `jsonb_build_object('kind', ${row}.kind, 'key', ${row}.key, 'occurredAt', ${row}.occurred_at,
    'timeMeaning', ${row}.time_meaning, 'payload', ${row}.payload, 'listening', ${row}.listening)`;
}

/** In SQL, the versions of an item that is to show what `source` tells: what the others have told. */
export function versionsBeside(source: string, item: string): string {
  return `(SELECT jsonb_object_agg(teller, coalesce(${item}.versions -> teller, ${versionOf(item)}))
    FROM unnest(${item}.sources) AS teller WHERE teller <> ${source})`;
}

/** In SQL, the sources of a row without `$2`, and the one of them that came last. */
const OTHERS = 'array_remove(sources, $2::text)';
const LAST = `(${OTHERS})[cardinality(${OTHERS})]`;

/**
 * Takes a source out of rows that other sources tell too. Unless the connection is one of these, a row shows what the last
 * of them told from then on; an act only where all have told it in other words.
 * @param places the `ctid` of each row; the caller has locked them
 * @returns the listenings that are told in other words now
 */
export async function withoutSource(
  tx: Transaction,
  table: keyof typeof OTHER_COLUMNS,
  places: readonly string[],
  source: string,
): Promise<Retold[]> {
  const columns = OTHER_COLUMNS[table];
  const retold = await tx.query<Omit<Retold, 'listening'> & { readonly listening: Listening | null }>(
    `WITH taken AS (
       DELETE FROM ${table} WHERE ctid = ANY ($1::tid[]) AND versions ? ${LAST} AND '${CONNECTION}' <> ALL (${OTHERS})
         AND (time_meaning <> 'user_act' OR versions ?& ${OTHERS})
       RETURNING *, ${OTHERS} AS others, ${LAST} AS teller, versions -> ${LAST} AS version),
     shown AS (
       INSERT INTO ${table} (${columns}, kind, key, occurred_at, time_meaning, payload, listening, sources, versions)
       SELECT ${columns}, version ->> 'kind', version ->> 'key', (version ->> 'occurredAt')::timestamptz,
         version ->> 'timeMeaning', version -> 'payload', nullif(version -> 'listening', 'null'), others,
         nullif(versions - ARRAY[$2, teller], '{}')
       FROM taken RETURNING kind, occurred_at, listening)
     SELECT kind, occurred_at AS "occurredAt", listening FROM shown`,
    [places, source],
  );
  await tx.query(
    `UPDATE ${table} SET sources = array_remove(sources, $2::text), versions = nullif(versions - $2::text, '{}')
       ${table === 'items' ? ', gone_at = NULL' : ''}
     WHERE ctid = ANY ($1::tid[]) AND $2 = ANY (sources)`,
    [places, source],
  );
  return retold.flatMap(({ listening, ...rest }) => (listening ? [{ ...rest, listening }] : []));
}
