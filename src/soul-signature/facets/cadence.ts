import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import { unseenBound } from '../estimators/unseen.js';
import type { Evidence } from '../document/evidence.js';
import type { Facet } from '../document/facet.js';
import { localDays, weekOf } from './active-cells.js';
import { COMMITS, topRepositories } from './commit-evidence.js';
import {
  ZONE,
  claimCoverage,
  shortfall,
  unknown,
  usableZone,
  type FacetContext,
  type FacetDefinition,
} from './facet.js';
import { actEvidence } from './rhythm-source.js';
import { GROUPS, type KindStatistics, type Statistics } from '../statistics/statistics.js';

const MIN_WEEKS = 8;
/** Below this a mean of small counts has no interval worth its name. */
const MIN_DAYS = 10;
/** Smallest difference worth mentioning: one day every other week. */
const U = 0.5;
const UNIT = 'days per week';
/** Below this the jackknife has seen no variation at all. */
const NONE = 1e-9;

/**
 * On how many local days of a week the person commits, on average over every whole week (Monday to Sunday) strictly
 * between the week of the first commit and the week of the latest, empty weeks included. The two edge weeks are left out:
 * they are in the window because of a commit, and seen only in part, so counting them biases the mean; given where they
 * lie, the weeks between are unconditioned and their mean is unbiased.
 *
 * Days are the person's own, because an evening beyond UTC midnight would be two UTC days; without a zone there is no
 * number, as for the rhythms. Groups of the jackknife: weeks since 1970 mod 20, the running number of the ISO week (its
 * number within the year starts anew each January and would fill groups 1 to 12 three times, 13 to 19 twice).
 */
export const cadence: FacetDefinition = {
  name: 'creation.cadence',
  restsOn: [COMMITS, ZONE],
  explain: {
    formula: 'days with a commit / whole weeks',
    source: 'count; interval: jackknife over ISO weeks mod 20, Kott 2001',
    inputs: 'local days with an own commit in every whole week between the first commit’s and the latest’s',
  },
  build: (context) => ({ 'creation.cadence': cadenceOf(context) }),
};

function cadenceOf({ statistics, zone }: FacetContext): Facet {
  if (!statistics.connected.includes('github')) return unknown('not_connected');
  const local = usableZone(zone);
  if (!local) return unknown('no_time_zone');
  const commits = statistics.kinds.find((entry) => entry.platform === 'github' && entry.kind === 'commit');
  const activity = statistics.activity.find((entry) => entry.platform === 'github' && entry.kind === 'commit');
  const days = localDays(activity?.days ?? [], local);
  const first = weekOf(days[0] ?? 0) + 1;
  const last = weekOf(days.at(-1) ?? 0) - 1;
  const weeks = Math.max(0, last - first + 1);
  if (!commits || weeks < MIN_WEEKS) return shortfall('history_too_short', weeks, MIN_WEEKS, 'whole weeks');
  const counted = days.filter((day) => weekOf(day) >= first && weekOf(day) <= last);
  if (counted.length < MIN_DAYS) return shortfall('too_few_days', counted.length, MIN_DAYS, 'days with commits');

  const value = counted.length / weeks;
  const jackknife = halfWidth90(withoutEachGroup(counted, first, last));
  const halfWidth = jackknife < NONE ? 7 * unseenBound(7 * weeks) : jackknife; // all weeks alike, yet not for ever
  const sure = confidence(halfWidth, U);
  if (!sure) return tooUncertain(halfWidth, U, UNIT);
  return {
    status: 'known',
    shape: 'number',
    value: rounded(value, 4),
    unit: UNIT,
    interval: [rounded(Math.max(0, value - halfWidth), 4), rounded(Math.min(7, value + halfWidth), 4)],
    level: 0.9,
    method: 'whole-weeks+week-jackknife20',
    n: weeks,
    days: counted.length,
    confidence: sure,
    coverage: claimCoverage(statistics, [commits], mondayOf(first), mondayOf(last) + 6),
    evidence: cadenceEvidence(statistics, commits),
  };
}

/** All own commits, with the repositories that had them on most days. */
function cadenceEvidence(statistics: Statistics, kind: KindStatistics): Evidence {
  const found = actEvidence([kind], kind.dayFrom ?? 0, kind.dayTo ?? 0, statistics.gaps);
  const commits = statistics.commits.find(({ platform }) => platform === kind.platform);
  return commits ? { ...found, top: topRepositories(commits).slice(0, 10) } : found;
}

/** Days per week with each twentieth of the weeks left out. */
function withoutEachGroup(days: readonly number[], first: number, last: number): number[] {
  const active = new Array<number>(GROUPS).fill(0);
  const weeks = new Array<number>(GROUPS).fill(0);
  for (const day of days) active[weekOf(day) % GROUPS] = (active[weekOf(day) % GROUPS] ?? 0) + 1;
  for (let week = first; week <= last; week++) weeks[week % GROUPS] = (weeks[week % GROUPS] ?? 0) + 1;
  return active.map((left, group) => (days.length - left) / (last - first + 1 - (weeks[group] ?? 0)));
}

function mondayOf(week: number): number {
  return week * 7 - 3;
}
