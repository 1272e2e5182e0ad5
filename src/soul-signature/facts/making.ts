import { commitEvidence } from '../facets/commit-evidence.js';
import type { CommitStatistics } from '../statistics/statistics.js';
import type { Fact } from '../document/fact.js';
import { countFacts, type CountedKind } from './counts.js';
import { factEvidence, type FactBuilder } from './fact.js';
import { NO_FORK } from '../statistics/kinds.js';
import { timelineFacts } from './timeline.js';

/** Entries a list shows. */
const SHOWN = 10;

const COUNTED: readonly CountedKind[] = [
  { kind: 'repository', name: 'repositories', title: 'Repositories', unit: 'repositories' },
  {
    kind: 'commit',
    name: 'commits_seen',
    title: 'Commits seen',
    unit: 'commits',
    note: 'Your own commits in the repositories that this connection may read, of long histories the newest; there may be others.',
  },
  { kind: 'pull-request', name: 'pull_requests', title: 'Pull requests', unit: 'pull requests' },
  { kind: 'issue', name: 'issues', title: 'Issues', unit: 'issues' },
  { kind: 'star', name: 'stars', title: 'Starred repositories', unit: 'repositories' },
  { kind: 'organisation', name: 'organisations', title: 'Organisations', unit: 'organisations' },
  { kind: 'following', name: 'following', title: 'People you follow', unit: 'people' },
];

/** How many things of each kind GitHub has given us. */
export const makingCounts: FactBuilder = (statistics) => countFacts(statistics, 'github', COUNTED);

/** First and latest commit, commits by year, and the repositories with most commits. */
export const commitFacts: FactBuilder = (statistics) =>
  statistics.commits.flatMap((commits): readonly Fact[] => [
    ...timelineFacts(commits, {
      platform: commits.platform,
      source: commitSource(commits),
      first: { name: 'first_commit', title: 'Your first commit we know of' },
      latest: { name: 'latest_commit', title: 'Your latest commit' },
      byYear: { name: 'commits_by_year', title: 'Commits by year', unit: 'commits' },
      evidence: (top) => commitEvidence(commits, top),
    }),
    mostCommitted(commits),
  ]);

function mostCommitted(commits: CommitStatistics): Fact {
  const most = commits.repositories.slice(0, SHOWN);
  return {
    key: `most_committed_repositories@${commits.platform}`,
    platform: commits.platform,
    title: 'Repositories with most of your commits',
    kind: 'list',
    source: commitSource(commits),
    note: 'Commits we have seen, each counted once.',
    evidence: commitEvidence(
      commits,
      most.map(({ key, label, days, sample }) => ({ key, label, days, items: sample })),
    ),
    unit: 'commits',
    entries: most.map(({ key, label, commits: count, sample }, i) => ({
      rank: i + 1,
      key,
      label: label ?? key,
      count,
      items: sample,
    })),
  };
}

function commitSource({ platform, kind, items }: CommitStatistics): Fact['source'] {
  return { label: 'counted by us', kinds: [`${platform}.${kind}`], count: items };
}

/** Own repositories that are no forks, by the main language that GitHub names. Bytes of code play no part. */
export const languagesByRepositories: FactBuilder = (statistics) =>
  statistics.owned.map(({ platform, languages }): Fact => {
    const count = languages.reduce((sum, language) => sum + language.count, 0);
    const without = languages.find(({ language }) => language === null)?.count ?? 0;
    const entries = languages
      .flatMap((entry) => (entry.language === null ? [] : [{ ...entry, language: entry.language }]))
      .map((entry, i) => ({
        rank: i + 1,
        key: `language:${entry.language}`,
        label: entry.language,
        count: entry.count,
        items: entry.sample,
      }));
    const base = {
      key: `languages_by_repositories@${platform}`,
      platform,
      title: 'Languages by repositories',
      source: { label: 'counted by us', kinds: [`${platform}.repository`], count },
      evidence: factEvidence(
        platform,
        ['repository'],
        count,
        entries.slice(0, SHOWN).map(({ key, label, items }) => ({ key, label, days: null, items })),
        { timeMeaning: 'user_act', payload: NO_FORK },
      ),
    };
    if (entries.length === 0) return { ...base, kind: 'unknown', reason: 'field_absent' };
    const left =
      without === 0
        ? ''
        : ` ${without} of them ${without === 1 ? 'has no language and is' : 'have no language and are'} left out.`;
    return {
      ...base,
      kind: 'list',
      note: `The main language of each of your ${count} own repositories, forks not counted.${left}`,
      unit: 'repositories',
      entries,
    };
  });
