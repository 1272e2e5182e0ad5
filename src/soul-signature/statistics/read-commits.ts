import { ITEM_ID, KEYED_ACTS, SAMPLE, scopeParameters, UTC_DAY, type Query, type ReadScope } from './read-query.js';
import { readTimeline } from './read-timeline.js';
import { byText, GROUPS, type CommitStatistics, type KindStatistics, type LanguageDays } from './statistics.js';

/** Where own commits come from. */
const COMMITS = [{ platform: 'github', kind: 'commit', keyStartsWith: 'repo:' }] as const;

/** Own commits by repository, language, day and year. Platforms whose `kinds` hold no commit are not asked. */
export async function readCommits(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<CommitStatistics[]> {
  const found: CommitStatistics[] = [];
  for (const source of COMMITS) {
    const { platform, kind, keyStartsWith } = source;
    if (!kinds.some((entry) => entry.platform === platform && entry.kind === kind && entry.acts > 0)) continue;
    const parameters = [...scopeParameters(scope), platform, kind, keyStartsWith];
    const timeline = await readTimeline(query, KEYED_ACTS, `payload->>'repository'`, parameters);
    if (!timeline) continue;
    const repositories = await readRepositories(query, parameters);
    const newest = await readNewest(query, parameters);
    const withLanguage = repositories.filter(({ language }) => language !== null);
    found.push({
      ...source,
      items: repositories.reduce((sum, { commits }) => sum + commits, 0),
      dayFrom: Math.min(...repositories.flatMap(({ days }) => days)),
      dayTo: Math.max(...repositories.flatMap(({ days }) => days)),
      repoDays: repositories.reduce((sum, { days }) => sum + days.length, 0),
      languageDays: new Set(withLanguage.flatMap(({ days }) => days)).size,
      languages: [...new Set(withLanguage.map(({ language }) => language ?? ''))]
        .map((language) =>
          languageDays(
            language,
            repositories.filter((repository) => repository.language === language),
            newest,
          ),
        )
        .sort((a, b) => b.repoDays - a.repoDays || byText(a.language, b.language)),
      repositories: repositories.map(({ key, commits, days }) => {
        const own = newest.filter((commit) => commit.key === key);
        return { key, label: own[0]?.label ?? null, commits, days: days.length, sample: own.map(({ item }) => item) };
      }),
      ...timeline,
    });
  }
  return found;
}

interface Repository {
  readonly key: string;
  readonly language: string | null;
  readonly commits: number;
  /** Ascending. */
  readonly days: readonly number[];
}

/**
 * Repositories with the UTC days of their own commits, most commits first. A repository's language is the one that its
 * latest day of commits names, so one that changed its main language still counts once. OFFSET 0 keeps the planner from
 * sorting whole payloads (four times slower).
 */
async function readRepositories(query: Query, parameters: unknown[]): Promise<Repository[]> {
  const rows = await query<Repository>(
    `SELECT key, sum(commits)::int AS commits, array_agg(day ORDER BY day) AS days,
            (array_agg(language ORDER BY day DESC) FILTER (WHERE language IS NOT NULL))[1] AS language
     FROM (SELECT key, day, count(*) AS commits, max(language COLLATE "C") AS language
           FROM (SELECT key, ${UTC_DAY} AS day, nullif(payload->>'language', '') AS language
                 FROM items WHERE ${KEYED_ACTS} OFFSET 0) commits
           GROUP BY 1, 2) repo_days
     GROUP BY key`,
    parameters,
  );
  return rows.sort((a, b) => b.commits - a.commits || byText(a.key, b.key));
}

interface Commit {
  readonly key: string;
  readonly item: string;
  readonly label: string | null;
}

/** The newest commits of every repository, newest first. */
async function readNewest(query: Query, parameters: unknown[]): Promise<Commit[]> {
  return query(
    `SELECT key, ${ITEM_ID} AS item, payload->>'repository' AS label
     FROM (SELECT user_id, platform, kind, external_id,
                  row_number() OVER (PARTITION BY key ORDER BY occurred_at DESC, external_id COLLATE "C") AS nth
           FROM items WHERE ${KEYED_ACTS}) newest
     JOIN items USING (user_id, platform, kind, external_id)
     WHERE nth <= ${SAMPLE} ORDER BY occurred_at DESC, external_id COLLATE "C"`,
    parameters,
  );
}

function languageDays(language: string, repositories: readonly Repository[], newest: readonly Commit[]): LanguageDays {
  const repoDays = repositories.flatMap(({ days }) => days);
  const groups = new Array<number>(GROUPS).fill(0);
  for (const day of repoDays) groups[day % GROUPS] = (groups[day % GROUPS] ?? 0) + 1;
  const keys = new Set(repositories.map(({ key }) => key));
  return {
    language,
    repoDays: repoDays.length,
    groups,
    days: new Set(repoDays).size,
    sample: newest
      .filter(({ key }) => keys.has(key))
      .slice(0, SAMPLE)
      .map(({ item }) => item),
  };
}
