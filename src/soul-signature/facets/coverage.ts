import { rounded } from '../estimators/confidence.js';
import { sampleCoverage } from '../estimators/sample-coverage.js';
import type { PlatformCoverage } from '../document/signature.js';
import { isoDay, type CommitStatistics, type Statistics } from '../statistics/statistics.js';
import { truncationsOf } from './truncations.js';

/** What we have of each connected platform: window, days, fields, truncation. It never enters a confidence. */
export function coverageOf(statistics: Statistics): Record<string, PlatformCoverage> {
  return Object.fromEntries(statistics.connected.map((platform) => [platform, platformCoverage(statistics, platform)]));
}

function platformCoverage(statistics: Statistics, platform: string): PlatformCoverage {
  const kinds = statistics.kinds.filter((kind) => kind.platform === platform);
  const days = statistics.activity.find((activity) => activity.platform === platform)?.days ?? [];
  const counted = statistics.keyDays.find((entry) => entry.platform === platform);
  const commits = statistics.commits.find((entry) => entry.platform === platform);
  const seen = sampleCoverage((counted?.keys ?? []).map((key) => key.days));
  const truncations = truncationsOf(platform).filter(({ kind }) => kinds.some((entry) => entry.kind === kind));
  const [first] = days;
  const last = days.at(-1);
  return {
    from: first ? isoDay(first[0]) : null,
    to: last ? isoDay(last[0]) : null,
    activeDays: days.length,
    items: kinds.reduce((sum, kind) => sum + kind.items, 0),
    truncated: truncations.length > 0,
    truncations,
    fields: {
      ...Object.fromEntries(
        statistics.fields
          .filter((entry) => entry.platform === platform && entry.of > 0)
          .map((entry) => [entry.field, rounded(entry.have / entry.of, 4)]),
      ),
      ...(commits ? { language: rounded(withLanguage(commits) / commits.repoDays, 4) } : {}),
    },
    sampleCoverage: seen === null ? null : rounded(seen, 4),
  };
}

/** Repo-days of repositories that have a main language. */
function withLanguage({ languages }: CommitStatistics): number {
  return languages.reduce((sum, { repoDays }) => sum + repoDays, 0);
}
