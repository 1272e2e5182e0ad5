import { ITEM_ID, OWN_ITEMS, type Query, type ReadScope } from './read-query.js';
import type { FollowedArtists, KindStatistics } from './statistics.js';

const SHOWN = 20;

/** Followed artists that are in no top list that was ever read; nothing where there is no top list to be missing from. */
export async function readFollows(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<FollowedArtists[]> {
  const ranked = new Set(kinds.filter(({ kind }) => kind === 'top-artist').map(({ platform }) => platform));
  if (!kinds.some(({ platform, kind }) => kind === 'followed-artist' && ranked.has(platform))) return [];
  const rows = await query<Row>(
    `WITH ranked AS (SELECT DISTINCT platform, key FROM items WHERE ${OWN_ITEMS} AND kind = 'top-artist'),
          followed AS (
       SELECT platform, key, coalesce(payload->>'name', external_id) AS label, ${ITEM_ID} AS item,
              EXISTS (SELECT FROM ranked WHERE ranked.platform = items.platform AND ranked.key = items.key) AS listed
       FROM items WHERE ${OWN_ITEMS} AND kind = 'followed-artist' AND key IS NOT NULL AND platform = ANY($3::text[]))
     SELECT platform, key, label, item, listed,
            row_number() OVER (PARTITION BY platform, listed ORDER BY label COLLATE "C", item COLLATE "C")::int AS nth
     FROM followed ORDER BY platform, listed, nth`,
    [scope.userId, [...scope.connected], [...ranked]],
  );
  return [...new Set(rows.map(({ platform }) => platform))].map((platform) => {
    const own = rows.filter((row) => row.platform === platform);
    const unranked = own.filter(({ listed }) => !listed);
    return {
      platform,
      followed: own.length,
      unranked: unranked.length,
      artists: unranked.slice(0, SHOWN).map(({ key, label, item }) => ({ key, label, item })),
    };
  });
}

interface Row {
  platform: string;
  key: string;
  label: string;
  item: string;
  listed: boolean;
}
