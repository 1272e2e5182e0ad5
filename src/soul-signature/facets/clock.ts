import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import { unseenBound } from '../estimators/unseen.js';
import type { Facet } from '../document/facet.js';
import { hoursOfDay, withoutGroup } from './active-cells.js';
import { ZONE, shortfall, type FacetDefinition } from './facet.js';
import { ACTS, forEachRhythm, tooFewDays, type RhythmSource } from './rhythm-source.js';
import { GROUPS } from '../statistics/statistics.js';

const MIN_DAYS = 28;
const MIN_CELLS = 150;
/** One hour's even share of the day: a clock whose hours are surer than this shows more than its own noise. */
const U = 1 / 24;
const UNIT = 'share of active hours';

/**
 * When the person is active: the share of each local weekday and hour among all active (day, hour) cells, with an interval
 * for each hour of the day. Its confidence is that of the least sure hour.
 */
export const clock: FacetDefinition = {
  name: 'rhythms.clock',
  restsOn: [ACTS, ZONE],
  perPlatform: 'alone',
  explain: {
    formula: 'active cells of the weekday and hour / all active cells',
    source: 'count; intervals of the 24 hours: delete-a-group jackknife, Kott 2001',
    inputs: 'cells: a local day and hour with any act, each counted once; own acts with a time, days of a gap left out',
  },
  build: (context) => forEachRhythm('rhythms.clock', context, clockOf),
};

function clockOf(source: RhythmSource): Facet {
  const few = tooFewDays(source, MIN_DAYS);
  if (few) return few;
  const { cells, coverage, evidence } = source;
  if (cells.n < MIN_CELLS) return shortfall('too_few_items', cells.n, MIN_CELLS, 'active hours');

  const shares = hourShares(cells.week);
  const replicates = Array.from({ length: GROUPS }, (_, group) => hourShares(withoutGroup(cells, group)));
  const halfWidths = shares.map((_, hour) => halfWidth90(replicates.map((replicate) => replicate[hour] ?? 0)));
  const widest = Math.max(...halfWidths);
  const sure = confidence(widest, U);
  if (!sure) return tooUncertain(widest, U, UNIT);
  return {
    status: 'known',
    shape: 'clock',
    value: {
      week: Array.from({ length: 7 }, (_, day) =>
        cells.week.slice(day * 24, day * 24 + 24).map((count) => rounded(count / cells.n, 6)),
      ),
      hours: shares.map((share) => rounded(share, 6)),
    },
    unit: UNIT,
    interval: {
      hours: shares.map((share, hour) => {
        const halfWidth = halfWidths[hour] ?? 0;
        const upper = share === 0 ? (unseenBound(cells.days) * cells.days) / cells.n : share + halfWidth;
        return [rounded(Math.max(0, share - halfWidth), 6), rounded(Math.min(1, upper), 6)] as const;
      }),
    },
    level: 0.9,
    method: 'active-cells+jackknife20',
    n: cells.n,
    days: cells.days,
    confidence: { ...sure, u: rounded(U, 6) },
    coverage: coverage(),
    evidence: evidence(),
  };
}

function hourShares(week: readonly number[]): number[] {
  const hours = hoursOfDay(week);
  const total = hours.reduce((sum, count) => sum + count, 0);
  return hours.map((count) => (total === 0 ? 0 : count / total));
}
