import { ARTIST_KINDS } from './kinds.js';
import { OWN_ITEMS, type Query, type ReadScope } from './read-query.js';
import { byText, type ArtistFields, type KeyDayStatistics } from './statistics.js';

/** Genres and popularity of the artists that were played, where their platform still gives them. */
export async function readArtistFields(
  query: Query,
  scope: ReadScope,
  keyDays: readonly KeyDayStatistics[],
): Promise<ArtistFields[]> {
  const played = keyDays.filter(({ dimension }) => dimension === 'artist');
  if (played.length === 0) return [];
  const rows = await query<ArtistFields>(
    `SELECT platform, key, max(genres COLLATE "C")::jsonb AS genres, max(popularity) AS popularity
     FROM (SELECT platform, key,
                  CASE WHEN jsonb_typeof(payload->'genres') = 'array' AND payload->'genres' <> '[]'
                       THEN (payload->'genres')::text END AS genres,
                  CASE WHEN jsonb_typeof(payload->'popularity') = 'number'
                       THEN (payload->>'popularity')::float8 END AS popularity
           FROM items WHERE ${OWN_ITEMS} AND kind = ANY($3::text[]) AND key IS NOT NULL) described
     WHERE genres IS NOT NULL OR popularity IS NOT NULL GROUP BY platform, key`,
    [scope.userId, [...scope.connected], [...ARTIST_KINDS]],
  );
  const known = new Set(played.flatMap(({ platform, keys }) => keys.map(({ key }) => `${platform} ${key}`)));
  return rows
    .filter(({ platform, key }) => known.has(`${platform} ${key}`))
    .sort((a, b) => byText(a.platform, b.platform) || byText(a.key, b.key));
}
