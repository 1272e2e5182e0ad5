import { NO_FORK } from './kinds.js';
import { ITEM_ID, OWN_ITEMS, SAMPLE, type Query, type ReadScope } from './read-query.js';
import { byText, type KindStatistics, type OwnedRepositories } from './statistics.js';

/**
 * The person's own repositories that are no forks, by main language. Making a repository is the person's act only where it
 * is theirs (of others its time is the content's), so `time_meaning` shows whose it is.
 */
export async function readOwned(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<OwnedRepositories[]> {
  if (!kinds.some(({ kind }) => kind === 'repository')) return [];
  const rows = await query<OwnedRepositories['languages'][number] & { platform: string }>(
    `SELECT platform, nullif(payload->>'language', '') AS language, count(*)::int AS count,
            (array_agg(${ITEM_ID} ORDER BY payload->>'pushedAt' COLLATE "C" DESC NULLS LAST,
                       external_id COLLATE "C"))[1:${SAMPLE}] AS sample
     FROM items WHERE ${OWN_ITEMS} AND kind = 'repository' AND time_meaning = 'user_act' AND payload @> $3::jsonb
     GROUP BY 1, 2`,
    [scope.userId, [...scope.connected], JSON.stringify(NO_FORK)],
  );
  rows.sort((a, b) => b.count - a.count || byText(a.language ?? '', b.language ?? ''));
  return [...new Set(rows.map(({ platform }) => platform))].sort(byText).map((platform) => ({
    platform,
    languages: rows
      .filter((row) => row.platform === platform)
      .map(({ language, count, sample }) => ({ language, count, sample })),
  }));
}
