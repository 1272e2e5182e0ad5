import { rounded } from '../estimators/confidence.js';
import { sampleCoverage } from '../estimators/sample-coverage.js';
import { platformTitle } from '../../platforms/platform-titles.js';
import type { CoverageSource, PlatformCoverage } from '../document/signature.js';
import {
  byText,
  isoDay,
  type CommitStatistics,
  type SourceTellings,
  type Statistics,
} from '../statistics/statistics.js';
import { truncationsOf } from './truncations.js';

/** What we have of each connected platform: window, days, fields, truncation. It never enters a confidence. */
export function coverageOf(statistics: Statistics): Record<string, PlatformCoverage> {
  return Object.fromEntries(statistics.connected.map((platform) => [platform, platformCoverage(statistics, platform)]));
}

function platformCoverage(statistics: Statistics, platform: string): PlatformCoverage {
  const kinds = statistics.kinds.filter((kind) => kind.platform === platform);
  const days = activeDays(statistics, platform);
  const counted = statistics.keyDays.find((entry) => entry.platform === platform);
  const commits = statistics.commits.find((entry) => entry.platform === platform);
  const seen = sampleCoverage((counted?.keys ?? []).map((key) => key.days));
  const truncations = truncationsOf(statistics, platform).filter(({ kind }) =>
    kinds.some((entry) => entry.kind === kind),
  );
  const [first] = days;
  const last = days.at(-1);
  return {
    title: platformTitle(platform),
    from: first === undefined ? null : isoDay(first),
    to: last === undefined ? null : isoDay(last),
    activeDays: days.length,
    items: kinds.reduce((sum, kind) => sum + kind.items, 0),
    truncated: truncations.length > 0,
    truncations,
    sources: sourcesOf(statistics, platform),
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

/** UTC days with an act of any kind, ascending. */
function activeDays(statistics: Statistics, platform: string): number[] {
  const own = statistics.activity.filter((activity) => activity.platform === platform);
  return [...new Set(own.flatMap(({ days }) => days.map(([day]) => day)))].sort((a, b) => a - b);
}

/** Who told it; without any archive it is the connection alone. */
function sourcesOf({ tellings, kinds }: Statistics, platform: string): CoverageSource[] {
  const told = tellings.filter((one) => one.platform === platform);
  if (tellings.length > 0) return told.map(sourceOf);
  const own = kinds.filter((kind) => kind.platform === platform);
  const days = own.flatMap(({ dayFrom, dayTo }) => (dayFrom === null || dayTo === null ? [] : [dayFrom, dayTo]));
  if (own.length === 0) return [];
  return [
    {
      source: 'connection',
      items: own.reduce((sum, { items }) => sum + items, 0),
      from: days.length === 0 ? null : isoDay(Math.min(...days)),
      to: days.length === 0 ? null : isoDay(Math.max(...days)),
    },
  ];
}

function sourceOf({ archive, kinds }: SourceTellings): CoverageSource {
  const days = kinds.flatMap(({ from, to }) => (from === null || to === null ? [] : [from, to])).sort(byText);
  return {
    ...(archive === null ? { source: 'connection' as const } : { source: 'import' as const, ...archive }),
    items: kinds.reduce((sum, { items }) => sum + items, 0),
    from: days[0]?.slice(0, 10) ?? null,
    to: days.at(-1)?.slice(0, 10) ?? null,
  };
}

/** Repo-days of repositories that have a main language. */
function withLanguage({ languages }: CommitStatistics): number {
  return languages.reduce((sum, { repoDays }) => sum + repoDays, 0);
}
