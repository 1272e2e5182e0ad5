import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import { hurlbert } from '../estimators/hurlbert.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import { sampleCoverage } from '../estimators/sample-coverage.js';
import { unseenBound } from '../estimators/unseen.js';
import type { Facet } from '../document/facet.js';
import { COMMITS, commitEvidence, topLanguages } from './commit-evidence.js';
import { claimCoverage, shortfall, unknown, type FacetContext, type FacetDefinition } from './facet.js';
import { GROUPS } from '../statistics/statistics.js';

const DRAWS = 10;
/** Fewer days than the jackknife has groups are no sample of days, however many repositories they touch. */
const MIN_DAYS = 20;
const MIN_REPO_DAYS = 30;
/** Days must fall into at least so many of the 20 groups (all Mondays of four weeks are few). */
const MIN_GROUPS = 10;
const SHOWN = 12;
/**
 * Smallest difference worth mentioning, as a share: a tenth of the repo-days, and a tenth of the 1 to 10 languages of
 * S(10), which is one language. The facet's confidence is that of its least sure number, measured so.
 */
const U = 0.1;
const UNIT = 'share of repo-days';
/** Below this a jackknife has seen no variation at all. */
const NONE = 1e-9;

/**
 * In which languages the person makes things: shares of repo-days (one repository on one UTC day with an own commit, once,
 * in the repository's main language) and Hurlbert's S(10) over them: of ten repo-days, how many different languages.
 * Neither bytes, which measure vendored code, nor commits, which measure habits of committing, can move it. Independent of
 * the time zone. Repositories without a language are left out; the platform's `coverage.fields.language` has how many.
 */
export const languages: FacetDefinition = {
  name: 'creation.languages',
  restsOn: [COMMITS],
  explain: {
    formula: 'share = fᵢ/n; S(10) = Σ [1 − C(n−fᵢ, 10)/C(n, 10)]',
    source: 'Hurlbert 1971; intervals: delete-a-group jackknife, Kott 2001',
    inputs: 'fᵢ: repo-days (a repository on a UTC day with an own commit) of main language i; n: their sum',
  },
  build: ({ statistics }) => ({ 'creation.languages': languagesOf(statistics) }),
};

function languagesOf(statistics: FacetContext['statistics']): Facet {
  if (!statistics.connected.includes('github')) return unknown('not_connected');
  const commits = statistics.commits.find((entry) => entry.platform === 'github');
  const days = commits?.languageDays ?? 0;
  if (!commits || days < MIN_DAYS) return shortfall('too_few_days', days, MIN_DAYS, 'days with commits');
  const counts = commits.languages.map(({ repoDays }) => repoDays);
  const n = sum(counts);
  if (n < MIN_REPO_DAYS) return shortfall('too_few_items', n, MIN_REPO_DAYS, 'repo-days');
  const replicates = Array.from({ length: GROUPS }, (_, g) =>
    commits.languages.map(({ repoDays, groups }) => repoDays - (groups[g] ?? 0)),
  );
  const occupied = replicates.filter((left) => sum(left) < n).length;
  if (occupied < MIN_GROUPS) return shortfall('history_too_short', occupied, MIN_GROUPS, 'of 20 groups of days');

  const other = unseenBound(days);
  const shares = commits.languages.map(({ language, repoDays }, i) => {
    const jackknife = halfWidth90(replicates.map((left) => (left[i] ?? 0) / sum(left)));
    const halfWidth = jackknife < NONE ? other : jackknife;
    return { language, repoDays, share: repoDays / n, halfWidth };
  });
  const effective = hurlbert(counts, DRAWS);
  const jackknife = halfWidth90(replicates.map((left) => hurlbert(left, DRAWS)));
  const halfWidth = jackknife < NONE ? 1 - (1 - other) ** DRAWS : jackknife; // a further language may show in ten draws
  const widest = Math.max(halfWidth / DRAWS, ...shares.map((entry) => entry.halfWidth));
  const sure = confidence(widest, U);
  if (!sure) return tooUncertain(widest, U, UNIT);
  const seen = sampleCoverage(counts);
  return {
    status: 'known',
    shape: 'shares',
    value: {
      effective: rounded(effective, 4),
      shares: shares.slice(0, SHOWN).map((entry) => ({
        key: `language:${entry.language}`,
        label: entry.language,
        share: rounded(entry.share, 6),
        interval: [
          rounded(Math.max(0, entry.share - entry.halfWidth), 6),
          rounded(Math.min(1, entry.share + entry.halfWidth), 6),
        ],
        repoDays: entry.repoDays,
      })),
    },
    unit: UNIT,
    interval: {
      effective: [rounded(Math.max(1, effective - halfWidth), 4), rounded(Math.min(DRAWS, effective + halfWidth), 4)],
    },
    level: 0.9,
    method: 'repo-days+hurlbert10+jackknife20',
    n,
    days,
    confidence: sure,
    coverage: {
      ...claimCoverage(statistics, [commits], commits.dayFrom, commits.dayTo),
      ...(seen === null ? {} : { sampleCoverage: rounded(seen, 4) }),
    },
    evidence: commitEvidence(commits, topLanguages(commits)),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
