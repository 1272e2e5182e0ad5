import { SAVED_KINDS } from './kinds.js';
import {
  ARTIST_NAME,
  IS_ACT,
  ITEM_ID,
  OWN_ITEMS,
  SAMPLE,
  scopeParameters,
  type Query,
  type ReadScope,
} from './read-query.js';
import { readTimeline } from './read-timeline.js';
import type { FieldStatistics, KindStatistics, SaveStatistics, TopListStatistics } from './statistics.js';
import { RELEASE_YEAR } from './read-releases.js';

/** More than any platform ranks (Spotify: 99). */
const LONGEST_LIST = 100;
const MOST_SAVED = 10;

/** The newest snapshot of each ranked list and time range. */
export async function readTopLists(query: Query, scope: ReadScope): Promise<TopListStatistics[]> {
  const rows = await query<TopListRow>(
    `WITH ranked AS (
       SELECT platform, kind, key, external_id, payload, payload->>'range' AS range, payload->>'snapshotDay' AS snapshot,
              (payload->>'rank')::int AS rank
       FROM items WHERE ${OWN_ITEMS} AND kind IN ('top-artist', 'top-track') AND payload ? 'range'
         AND (payload->>'snapshotDay')::date <= $3::timestamptz::date
     ), newest AS (SELECT platform, kind, range, max(snapshot COLLATE "C") AS snapshot FROM ranked GROUP BY 1, 2, 3)
     SELECT platform, kind, range, snapshot AS "snapshotDay", ${ITEM_ID} AS item, key, rank,
            coalesce(payload->>'name', external_id) AS label,
            CASE WHEN jsonb_typeof(payload->'genres') = 'array' THEN payload->'genres' END AS genres,
            ${RELEASE_YEAR} AS released
     FROM ranked JOIN newest USING (platform, kind, range, snapshot)
     WHERE rank <= ${LONGEST_LIST}
     ORDER BY platform, kind, range, rank, external_id COLLATE "C"`,
    [scope.userId, [...scope.connected], scope.asOf.toISOString()],
  );
  const lists = new Map<string, TopListStatistics & { entries: TopListStatistics['entries'][number][] }>();
  for (const { platform, kind, range, snapshotDay, ...entry } of rows) {
    const id = `${platform} ${kind} ${range}`;
    const list = lists.get(id) ?? { platform, kind, range, snapshotDay, entries: [] };
    const { item, key, label, rank, genres, released } = entry;
    list.entries.push({ item, key, label, rank, genres, released });
    lists.set(id, list);
  }
  return [...lists.values()];
}

interface TopListRow {
  platform: string;
  kind: string;
  range: string;
  snapshotDay: string;
  item: string;
  key: string | null;
  rank: number;
  label: string;
  genres: string[] | null;
  released: number | null;
}

/** First and latest save, saves by UTC year, and the artists with most saved tracks, for each platform with saves. */
export async function readSaves(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<SaveStatistics[]> {
  const parameters = [...scopeParameters(scope), [...SAVED_KINDS]];
  const saved = `${OWN_ITEMS} AND ${IS_ACT} AND kind = ANY($5::text[])`;
  const platforms = kinds.filter(({ kind, acts }) => acts > 0 && SAVED_KINDS.includes(kind));
  const libraries: SaveStatistics[] = [];
  for (const platform of [...new Set(platforms.map((entry) => entry.platform))]) {
    const where = `${saved} AND platform = $6`;
    const timeline = await readTimeline(query, where, `payload->>'name'`, [...parameters, platform]);
    if (timeline) libraries.push({ platform, ...timeline, artists: await readMostSaved(query, scope, platform) });
  }
  return libraries;
}

async function readMostSaved(query: Query, scope: ReadScope, platform: string): Promise<SaveStatistics['artists']> {
  return query<SaveStatistics['artists'][number]>(
    `WITH saved AS (SELECT * FROM items WHERE ${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = 'saved-track'
                      AND starts_with(key, 'artist:')),
          most AS (SELECT key, count(*)::int AS count FROM saved GROUP BY key
                   ORDER BY count(*) DESC, key COLLATE "C" LIMIT ${MOST_SAVED}),
          named AS (SELECT key, most.count, ${ITEM_ID} AS item, ${ARTIST_NAME} AS label,
                           row_number() OVER (PARTITION BY key ORDER BY occurred_at DESC, external_id COLLATE "C") AS nth
                    FROM saved JOIN most USING (key))
     SELECT key, coalesce(max(label) FILTER (WHERE nth = 1), key) AS label, count,
            array_agg(item ORDER BY nth) AS sample
     FROM named WHERE nth <= ${SAMPLE} GROUP BY key, count ORDER BY count DESC, key COLLATE "C"`,
    [...scopeParameters(scope), platform],
  );
}

/** How many artists come with genres: development-mode apps of Spotify get none. */
export async function readFields(query: Query, scope: ReadScope): Promise<FieldStatistics[]> {
  return query<FieldStatistics>(
    `SELECT platform, 'genres' AS field,
            count(*) FILTER (WHERE jsonb_typeof(payload->'genres') = 'array' AND payload->'genres' <> '[]'::jsonb)::int AS have,
            count(*)::int AS of
     FROM items WHERE ${OWN_ITEMS} AND kind IN ('top-artist', 'followed-artist') GROUP BY platform ORDER BY platform`,
    [scope.userId, [...scope.connected]],
  );
}
