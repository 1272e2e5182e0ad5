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

/** What is counted by key-day: plays by artist and by track. Repositories need more than counts: `read-commits.ts`. */
const COUNTED = [
  { dimension: 'artist', label: ARTIST_NAME },
  { dimension: 'track', label: `payload->>'name'` },
] as const;

/** Key-days of every counted kind that has any. SQL makes them distinct; one row comes back per key. */
export async function readKeyDays(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<KeyDayStatistics[]> {
  const found: KeyDayStatistics[] = [];
  for (const { platform } of kinds.filter(({ kind, acts }) => kind === 'play' && acts > 0)) {
    const artists = await readDays<{ items: number }>(query, scope, platform, {
      keys: 'artist:',
      also: 'sum(items)::int AS items',
    });
    if (artists.length === 0) continue;
    const tracks = await readDays(query, scope, platform, { keys: 'track:' });
    const total = { ...totalOf(artists), gapDays: await readGapDays(query, scope, platform) };
    for (const { dimension, label } of COUNTED) {
      const keys = dimension === 'artist' ? artists : tracks;
      const of = { platform, kind: 'play', dimension, keyStartsWith: 'artist:', ...total };
      const shown = await readShown(query, scope, { ...of, label }, strongest(keys));
      found.push({ ...of, ...countKeyDays(keys, of, shown) });
    }
  }
  return found;
}

/** Items, days and window: the same for artists and tracks, which are keys of the same plays. */
function totalOf(artists: readonly (DaysOfKey & { readonly items: number })[]) {
  const days = new Set<number>();
  let [items, dayFrom, dayTo] = [0, Infinity, -Infinity];
  for (const artist of artists) {
    items += artist.items;
    for (const day of artist.days) {
      days.add(day);
      if (day < dayFrom) dayFrom = day;
      if (day > dayTo) dayTo = day;
    }
  }
  return { items, days: days.size, dayFrom, dayTo };
}

const KEY_DAYS = `stat_key_day WHERE ${OWN_ROWS} AND ${IS_ACT_DAY} AND platform = $5 AND kind = 'play' AND starts_with(key, $6)`;

async function readDays<More = unknown>(
  query: Query,
  scope: ReadScope,
  platform: string,
  { keys, also }: { readonly keys: string; readonly also?: string },
): Promise<(DaysOfKey & More)[]> {
  const rows = await query<{ key: string; days: string } & More>(
    `SELECT key, array_agg(day)::text AS days${also ? `, ${also}` : ''} FROM ${KEY_DAYS}
       AND ${outsideGaps(scope.gaps, 'stat_key_day', 'day')} GROUP BY key`,
    [...scopeParameters(scope), platform, keys],
  );
  return rows.map((row) => ({ ...row, days: row.days.slice(1, -1).split(',').map(Number) }));
}

/** Days with plays that were left out, because a part of them was not seen. */
async function readGapDays(query: Query, scope: ReadScope, platform: string): Promise<number> {
  if (scope.gaps.length === 0) return 0;
  const [found] = await query<{ days: number }>(
    `SELECT count(DISTINCT day)::int AS days FROM ${KEY_DAYS}
       AND NOT ${outsideGaps(scope.gaps, 'stat_key_day', 'day')}`,
    [...scopeParameters(scope), platform, 'artist:'],
  );
  return found?.days ?? 0;
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
       WHERE ${KEYED_ACTS} AND ${is} AND occurred_at >= latest.day AND occurred_at < latest.day + interval '1 day'
       ORDER BY occurred_at DESC, external_id COLLATE "C" LIMIT ${SAMPLE}) acts
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
