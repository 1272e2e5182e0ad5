import { ITEM_ID, OWN_ITEMS, SAMPLE, type Query, type ReadScope } from './read-query.js';
import type { KindStatistics, ReleaseDecades } from './statistics.js';

/** SQL for the date at which an item's album came out: a day, a month or a year. */
const RELEASE_DATE = `payload->'album'->>'releaseDate'`;

/** SQL for its year; Spotify writes 0000 where it does not know. */
export const RELEASE_YEAR = `CASE WHEN ${RELEASE_DATE} ~ '^(18|19|20)[0-9]{2}' THEN left(${RELEASE_DATE}, 4)::int END`;

/** The kind of items that are the tracks of a library. */
const KIND = 'saved-track';

/** The saved tracks by the decade of their release, where any has a date. Plays are too many to be read one by one. */
export async function readReleases(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<ReleaseDecades[]> {
  if (!kinds.some(({ kind }) => kind === KIND)) return [];
  const rows = await query<Row>(
    `SELECT platform, ${RELEASE_YEAR} / 10 * 10 AS decade, count(*)::int AS tracks,
            (array_agg(${ITEM_ID} ORDER BY external_id COLLATE "C"))[1:${SAMPLE}] AS sample
     FROM items WHERE ${OWN_ITEMS} AND kind = $3 AND starts_with(key, 'artist:') GROUP BY 1, 2 ORDER BY 1, 2`,
    [scope.userId, [...scope.connected], KIND],
  );
  return [...new Set(rows.map(({ platform }) => platform))].flatMap((platform) => {
    const own = rows.filter((row) => row.platform === platform);
    const decades = own.flatMap(({ decade, tracks, sample }) => (decade === null ? [] : [{ decade, tracks, sample }]));
    const tracks = own.reduce((sum, row) => sum + row.tracks, 0);
    return decades.length === 0 ? [] : [{ platform, kind: KIND, tracks, decades }];
  });
}

interface Row {
  platform: string;
  decade: number | null;
  tracks: number;
  sample: string[];
}
