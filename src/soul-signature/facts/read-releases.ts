import {
  IS_ACT,
  ITEM_ID,
  OWN_ITEMS,
  SAMPLE,
  scopeParameters,
  type Query,
  type ReadScope,
} from '../facets/read-query.js';
import type { KindStatistics, ReleaseDecades } from '../facets/statistics.js';

/** SQL for the date at which an item's album came out: a day, a month or a year. */
const RELEASE_DATE = `payload->'album'->>'releaseDate'`;

/** SQL for its year; Spotify writes 0000 where it does not know. */
export const RELEASE_YEAR = yearOf(RELEASE_DATE);

function yearOf(date: string): string {
  return `CASE WHEN ${date} ~ '^(18|19|20)[0-9]{2}' THEN left(${date}, 4)::int END`;
}

/** Kinds of items that are tracks, and how their ids begin with that of the track. */
const KINDS = ['play', 'saved-track'];

/**
 * The different tracks that were played or saved, by the decade of their release, where any has a date. A play read by an earlier program has no
 * date; a later one of the same track gives it.
 */
export async function readReleases(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<ReleaseDecades[]> {
  if (!kinds.some(({ kind }) => KINDS.includes(kind))) return [];
  const rows = await query<Row>(
    `WITH track AS (
       SELECT platform, kind, split_part(external_id, '@', 1) AS id, max(${RELEASE_DATE} COLLATE "C") AS released,
              count(*)::int AS items, min(external_id COLLATE "C") AS external_id
       FROM items WHERE ${OWN_ITEMS} AND kind = ANY($5::text[]) AND starts_with(key, 'artist:')
         AND (kind <> 'play' OR ${IS_ACT}) GROUP BY 1, 2, 3)
     SELECT platform, kind, ${yearOf('released')} / 10 * 10 AS decade, count(*)::int AS tracks, sum(items)::int AS items,
            (array_agg(${ITEM_ID} ORDER BY external_id COLLATE "C"))[1:${SAMPLE}] AS sample
     FROM track GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [...scopeParameters(scope), KINDS],
  );
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const id = `${row.platform} ${row.kind}`;
    found.set(id, [...(found.get(id) ?? []), row]);
  }
  return [...found.values()].flatMap((own) => {
    const [{ platform, kind } = { platform: '', kind: '' }] = own;
    const sum = (of: 'tracks' | 'items') => own.reduce((total, row) => total + row[of], 0);
    const decades = own.flatMap(({ decade, tracks, sample }) => (decade === null ? [] : [{ decade, tracks, sample }]));
    return decades.length === 0 ? [] : [{ platform, kind, tracks: sum('tracks'), items: sum('items'), decades }];
  });
}

interface Row {
  platform: string;
  kind: string;
  decade: number | null;
  tracks: number;
  items: number;
  sample: string[];
}
