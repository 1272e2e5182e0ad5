import {
  ARTIST_NAME,
  ITEM_ID,
  KEYED_ACTS,
  SAMPLE,
  scopeParameters,
  UTC_DAY,
  type Query,
  type ReadScope,
} from './read-query.js';
import { byText, GROUPS, type KeyDays, type KeyDayStatistics } from './statistics.js';

/** What is counted by key-day. Repositories need more than counts: `read-commits.ts`. */
const COUNTED = [{ platform: 'spotify', kind: 'play', keyStartsWith: 'artist:' }] as const;

/** Keys that carry a label and a sample. */
const SHOWN = 10;

const GROUP_COUNTS = Array.from({ length: GROUPS }, (_, g) => `count(*) FILTER (WHERE g = ${g})::int`).join(', ');

/** Key-days of every counted kind that has any. Distinct and grouping are done in SQL; one row comes back per key. */
export async function readKeyDays(query: Query, scope: ReadScope): Promise<KeyDayStatistics[]> {
  const found: KeyDayStatistics[] = [];
  for (const counted of COUNTED) {
    const parameters = [...scopeParameters(scope), counted.platform, counted.kind, counted.keyStartsWith];
    const [total] = await query<{ items: number; days: number; dayFrom: number | null; dayTo: number | null }>(
      `SELECT coalesce(sum(items), 0)::int AS items, count(*)::int AS days, min(day) AS "dayFrom", max(day) AS "dayTo"
       FROM (SELECT ${UTC_DAY} AS day, count(*) AS items FROM items WHERE ${KEYED_ACTS} GROUP BY 1) days`,
      parameters,
    );
    if (!total || total.dayFrom === null || total.dayTo === null) continue;
    const keys = await query<{ key: string; days: number; groups: number[] }>(
      `SELECT key, count(*)::int AS days, ARRAY[${GROUP_COUNTS}] AS groups
       FROM (SELECT key, ((day % ${GROUPS}) + ${GROUPS}) % ${GROUPS} AS g
             FROM (SELECT DISTINCT key, ${UTC_DAY} AS day FROM items WHERE ${KEYED_ACTS}) days) grouped
       GROUP BY key`,
      parameters,
    );
    keys.sort((a, b) => b.days - a.days || byText(a.key, b.key));
    const shown = await readShown(
      query,
      parameters,
      keys.slice(0, SHOWN).map(({ key }) => key),
    );
    found.push({
      ...counted,
      items: total.items,
      days: total.days,
      dayFrom: total.dayFrom,
      dayTo: total.dayTo,
      keys: keys.map(({ key, days, groups }): KeyDays => {
        const samples = shown.filter((row) => row.key === key);
        return { key, days, groups, label: samples[0]?.label ?? null, sample: samples.map((row) => row.item) };
      }),
    });
  }
  return found;
}

/** The newest items of the strongest keys, newest first. */
async function readShown(
  query: Query,
  parameters: readonly unknown[],
  keys: readonly string[],
): Promise<{ key: string; item: string; label: string | null }[]> {
  return query(
    `SELECT key, ${ITEM_ID} AS item, ${ARTIST_NAME} AS label
     FROM (SELECT user_id, platform, kind, external_id,
                  row_number() OVER (PARTITION BY key ORDER BY occurred_at DESC, external_id COLLATE "C") AS nth
           FROM items WHERE ${KEYED_ACTS} AND key = ANY($8::text[])) newest
     JOIN items USING (user_id, platform, kind, external_id)
     WHERE nth <= ${SAMPLE} ORDER BY key COLLATE "C", nth`,
    [...parameters, [...keys]],
  );
}
