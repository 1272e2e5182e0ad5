import {
  ARTIST_NAME,
  IS_ACT_DAY,
  ITEM_ID,
  KEYED_ACTS,
  outsideGaps,
  OWN_ITEMS,
  SAMPLE,
  scopeParameters,
  type Query,
  type ReadScope,
} from './read-query.js';
import {
  BLOCK_DAYS,
  byText,
  GROUPS,
  RECENT_BLOCKS,
  type KeyDays,
  type KeyDayStatistics,
  type KindStatistics,
} from './statistics.js';

/**
 * What is counted by key-day, of every platform that has it: plays by artist and by track. `counts` is how the kept
 * statistics name the key. Repositories need more than counts: `read-commits.ts`.
 */
const COUNTED = [
  { kind: 'play', dimension: 'artist', keyStartsWith: 'artist:', counts: 'artist:', label: ARTIST_NAME },
  { kind: 'play', dimension: 'track', keyStartsWith: 'artist:', counts: 'track:', label: `payload->>'name'` },
] as const;

/** Keys that carry a label and a sample. */
const SHOWN = 10;
const BLOCKS = 12;

const GROUP_COUNTS = Array.from({ length: GROUPS }, (_, g) => `count(*) FILTER (WHERE g = ${g})::int`).join(', ');
const BLOCK_COUNTS = Array.from({ length: BLOCKS }, (_, b) => `count(*) FILTER (WHERE block = ${b})::int`).join(', ');

/** Key-days of every counted kind that has any. Distinct and grouping are done in SQL; one row comes back per key. */
export async function readKeyDays(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<KeyDayStatistics[]> {
  const found: KeyDayStatistics[] = [];
  for (const { platform } of kinds.filter(({ kind, acts }) => kind === 'play' && acts > 0)) {
    for (const counted of COUNTED) {
      const one = await readOne(query, scope, platform, counted);
      if (one) found.push(one);
    }
  }
  return found;
}

async function readOne(
  query: Query,
  scope: ReadScope,
  platform: string,
  { kind, dimension, keyStartsWith, counts, label }: (typeof COUNTED)[number],
): Promise<KeyDayStatistics | undefined> {
  const parameters = [...scopeParameters(scope), platform, kind, counts];
  const keyDays = `stat_key_day WHERE ${OWN_ITEMS} AND ${IS_ACT_DAY} AND platform = $5 AND kind = $6 AND starts_with(key, $7)`;
  const seen = outsideGaps(scope.gaps, 'stat_key_day', 'day');
  const [total] = await query<{
    items: number;
    days: number;
    gapDays: number;
    dayFrom: number | null;
    dayTo: number | null;
  }>(
    `SELECT coalesce(sum(items) FILTER (WHERE seen), 0)::int AS items, (count(*) FILTER (WHERE seen))::int AS days,
            (count(*) FILTER (WHERE NOT seen))::int AS "gapDays",
            min(day) FILTER (WHERE seen) AS "dayFrom", max(day) FILTER (WHERE seen) AS "dayTo"
     FROM (SELECT day, ${seen} AS seen, sum(items) AS items FROM ${keyDays} GROUP BY 1, 2) days`,
    parameters,
  );
  if (!total || total.dayFrom === null || total.dayTo === null) return undefined;
  const earlier = Math.max(0, Math.floor((total.dayTo - total.dayFrom + 1) / BLOCK_DAYS) - RECENT_BLOCKS);
  const blocks = dimension === 'artist' ? BLOCK_COUNTS : '';
  const keys = await query<Omit<KeyDays, 'label' | 'sample'>>(
    `SELECT key, count(*)::int AS days, ARRAY[${GROUP_COUNTS}] AS groups, ARRAY[${blocks}]::int[] AS blocks,
            (count(DISTINCT block) FILTER (WHERE block BETWEEN ${RECENT_BLOCKS} AND ${earlier + RECENT_BLOCKS - 1}))::int
              AS "earlierBlocks"
     FROM (SELECT key, day % ${GROUPS} AS g, (${total.dayTo} - day) / ${BLOCK_DAYS} AS block
           FROM ${keyDays} AND ${seen}) days
     GROUP BY key`,
    parameters,
  );
  keys.sort((a, b) => b.days - a.days || byText(a.key, b.key));
  const shown = keys.slice(0, SHOWN).map(({ key }) => key);
  const samples = await readShown(query, scope, { platform, kind, keyStartsWith, dimension, label }, shown);
  return {
    platform,
    kind,
    dimension,
    keyStartsWith,
    ...total,
    dayFrom: total.dayFrom,
    dayTo: total.dayTo,
    keys: keys.map((key): KeyDays => {
      const own = samples.filter((row) => row.key === key.key);
      return { ...key, label: own[0]?.label ?? null, sample: own.map((row) => row.item) };
    }),
  };
}

/**
 * The newest items of the strongest keys, newest first. The latest three days of a key hold its three newest items, so
 * only those days are looked at; a track stands in the id of its plays (`track@time`).
 */
async function readShown(
  query: Query,
  scope: ReadScope,
  of: Pick<KeyDayStatistics, 'platform' | 'kind' | 'keyStartsWith' | 'dimension'> & { readonly label: string },
  keys: readonly string[],
): Promise<{ key: string; item: string; label: string | null }[]> {
  const is =
    of.dimension === 'artist'
      ? 'items.key = latest.key'
      : `starts_with(items.external_id, substr(latest.key, ${'track:'.length + 1}) || '@')`;
  return query(
    `SELECT shown AS key, item, label
     FROM (SELECT *, row_number() OVER (PARTITION BY shown ORDER BY occurred_at DESC, external_id COLLATE "C") AS nth
           FROM (SELECT latest.key AS shown, acts.*
                 FROM (SELECT key, day, row_number() OVER (PARTITION BY key ORDER BY day DESC) AS nth FROM stat_key_day
                       WHERE ${OWN_ITEMS} AND ${IS_ACT_DAY} AND platform = $5 AND kind = $6 AND key = ANY($8::text[])
                         AND ${outsideGaps(scope.gaps, 'stat_key_day', 'day')}) latest,
                 LATERAL (SELECT ${ITEM_ID} AS item, ${of.label} AS label, occurred_at, external_id FROM items
                          WHERE ${KEYED_ACTS} AND ${is} AND occurred_at >= to_timestamp(latest.day::float8 * 86400)
                            AND occurred_at < to_timestamp((latest.day::float8 + 1) * 86400)) acts
                 WHERE latest.nth <= ${SAMPLE}) found) numbered
     WHERE nth <= ${SAMPLE} ORDER BY shown COLLATE "C", nth`,
    [...scopeParameters(scope), of.platform, of.kind, of.keyStartsWith, [...keys]],
  );
}
