import {
  ARTIST_NAME,
  IS_ACT_DAY,
  ITEM_ID,
  KEYED_ACTS,
  outsideGaps,
  OWN_ROWS,
  SAMPLE,
  scopeParameters,
  type Query,
  type ReadScope,
} from './read-query.js';
import { countKeyDays, strongest, type DaysOfKey, type Shown } from './count-key-days.js';
import type { KeyDayStatistics, KindStatistics } from './statistics.js';

/**
 * What is counted by key-day, of every platform that has it: plays by artist and by track. `counts` is how the kept
 * statistics name the key. Repositories need more than counts: `read-commits.ts`.
 */
const COUNTED = [
  { kind: 'play', dimension: 'artist', keyStartsWith: 'artist:', counts: 'artist:', label: ARTIST_NAME },
  { kind: 'play', dimension: 'track', keyStartsWith: 'artist:', counts: 'track:', label: `payload->>'name'` },
] as const;

/** Key-days of every counted kind that has any. SQL makes them distinct; one row comes back per key. */
export async function readKeyDays(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<KeyDayStatistics[]> {
  const found: KeyDayStatistics[] = [];
  for (const { platform } of kinds.filter(({ kind, acts }) => kind === 'play' && acts > 0)) {
    const total = await readTotal(query, scope, platform);
    if (!total) continue;
    for (const counted of COUNTED) found.push(await readOne(query, scope, { platform, ...counted, ...total }));
  }
  return found;
}

type Total = Pick<KeyDayStatistics, 'items' | 'days' | 'gapDays' | 'dayFrom' | 'dayTo'>;

/** Items, days and window: the same for artists and tracks, which are keys of the same plays. */
async function readTotal(query: Query, scope: ReadScope, platform: string): Promise<Total | undefined> {
  const [total] = await query<Omit<Total, 'dayFrom' | 'dayTo'> & { dayFrom: number | null; dayTo: number | null }>(
    `SELECT coalesce(sum(items) FILTER (WHERE seen), 0)::int AS items, (count(*) FILTER (WHERE seen))::int AS days,
            (count(*) FILTER (WHERE NOT seen))::int AS "gapDays",
            min(day) FILTER (WHERE seen) AS "dayFrom", max(day) FILTER (WHERE seen) AS "dayTo"
     FROM (SELECT day, ${outsideGaps(scope.gaps, 'stat_key_day', 'day')} AS seen, sum(items) AS items FROM ${KEY_DAYS}
           GROUP BY 1, 2) days`,
    [...scopeParameters(scope), platform, 'play', 'artist:'],
  );
  if (!total || total.dayFrom === null || total.dayTo === null) return undefined;
  return { ...total, dayFrom: total.dayFrom, dayTo: total.dayTo };
}

const KEY_DAYS = `stat_key_day WHERE ${OWN_ROWS} AND ${IS_ACT_DAY} AND platform = $5 AND kind = $6 AND starts_with(key, $7)`;

async function readOne(
  query: Query,
  scope: ReadScope,
  { counts, label, ...of }: (typeof COUNTED)[number] & { readonly platform: string } & Total,
): Promise<KeyDayStatistics> {
  const rows = await query<{ key: string; days: string }>(
    `SELECT key, array_agg(day)::text AS days FROM ${KEY_DAYS}
       AND ${outsideGaps(scope.gaps, 'stat_key_day', 'day')} GROUP BY key`,
    [...scopeParameters(scope), of.platform, of.kind, counts],
  );
  const keys = rows.map(({ key, days }): DaysOfKey => ({ key, days: days.slice(1, -1).split(',').map(Number) }));
  const shown = await readShown(query, scope, { ...of, label }, strongest(keys));
  return { ...of, ...countKeyDays(keys, of, shown) };
}

/**
 * The newest items of the strongest keys, newest first. The latest three days of a key hold its three newest items, so
 * only those days are looked at; a track stands in the id of its plays (`track@time`).
 */
async function readShown(
  query: Query,
  scope: ReadScope,
  of: Pick<KeyDayStatistics, 'platform' | 'kind' | 'keyStartsWith' | 'dimension'> & { readonly label: string },
  keys: readonly DaysOfKey[],
): Promise<Map<string, Shown>> {
  const latest = keys.flatMap(({ key, days }) =>
    [...days]
      .sort((a, b) => b - a)
      .slice(0, SAMPLE)
      .map((day) => ({ key, day })),
  );
  const is =
    of.dimension === 'artist'
      ? 'items.key = latest.key'
      : `starts_with(items.external_id, substr(latest.key, ${'track:'.length + 1}) || '@')`;
  const rows = await query<{ key: string; item: string; label: string | null }>(
    `SELECT latest.key, acts.item, acts.label
     FROM unnest($8::text[], $9::timestamptz[]) AS latest(key, day), LATERAL (
       SELECT ${ITEM_ID} AS item, ${of.label} AS label, occurred_at, external_id FROM items
       WHERE ${KEYED_ACTS} AND ${is} AND occurred_at >= latest.day AND occurred_at < latest.day + interval '1 day') acts
     ORDER BY acts.occurred_at DESC, acts.external_id COLLATE "C"`,
    [
      ...scopeParameters(scope),
      of.platform,
      of.kind,
      of.keyStartsWith,
      latest.map(({ key }) => key),
      latest.map(({ day }) => new Date(day * 86_400_000).toISOString()),
    ],
  );
  return new Map(
    keys.map(({ key }) => {
      const own = rows.filter((row) => row.key === key);
      return [key, { label: own[0]?.label ?? null, sample: own.slice(0, SAMPLE).map(({ item }) => item) }];
    }),
  );
}
