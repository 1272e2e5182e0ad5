import { circularHalfWidth90, onClock, peakHour } from '../estimators/circular.js';
import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import type { Facet } from '../document/facet.js';
import { hoursOfDay, withoutGroup } from './active-cells.js';
import { noDailyPattern } from './daily-pattern.js';
import { ZONE, type FacetDefinition } from './facet.js';
import { ACTS, forEachRhythm, type RhythmSource } from './rhythm-source.js';
import { GROUPS } from '../statistics/statistics.js';

/** Smallest difference worth mentioning, in hours. */
const U = 1;
/** Where all days are alike there is no spread to measure, but within its hour a cell leaves the minute open: half of this stays. */
const CELL = 1;
const UNIT = 'local hour';
const EXPLAIN = {
  source: 'smoothing: von Mises, κ = 3; gate: Hotelling’s T² after Batschelet 1981; circular jackknife, Kott 2001',
  inputs:
    'active cells (a local day and hour with any act, once) by hour of the day; shown where the gate passes (α = .01)',
};

/**
 * The local hour around which the person is most active. Known only of people whose days have a shape at all. Decimal hours
 * (21.9 is 21:54); the interval runs forward through midnight where its first end is the larger one.
 */
export const peak: FacetDefinition = {
  name: 'rhythms.peak',
  restsOn: [ACTS, ZONE],
  perPlatform: 'alone',
  explain: { formula: 'hour of the maximum of the smoothed profile, refined by a parabola', ...EXPLAIN },
  build: (context) => forEachRhythm('rhythms.peak', context, (source) => extremeOf(source, peakHour)),
};

/** The local hour around which the person is least active. It is no measure of sleep. */
export const quietPoint: FacetDefinition = {
  name: 'rhythms.quiet_point',
  restsOn: [ACTS, ZONE],
  perPlatform: 'alone',
  explain: { formula: 'hour of the minimum of the smoothed profile, refined by a parabola', ...EXPLAIN },
  build: (context) => forEachRhythm('rhythms.quiet_point', context, (source) => extremeOf(source, quietHour)),
};

/** The minimum of a profile is the maximum of its negative: smoothing is linear. */
export function quietHour(profile: readonly number[]): number {
  return peakHour(profile.map((weight) => -weight));
}

function extremeOf(source: RhythmSource, extreme: (profile: readonly number[]) => number): Facet {
  const none = noDailyPattern(source);
  if (none) return none;
  const { cells, coverage, evidence } = source;
  const value = extreme(hoursOfDay(cells.week));
  const replicates = Array.from({ length: GROUPS }, (_, group) => extreme(hoursOfDay(withoutGroup(cells, group))));
  const halfWidth = Math.min(12, circularHalfWidth90(value, replicates) || CELL / 2);
  const sure = confidence(halfWidth, U);
  if (!sure) return tooUncertain(halfWidth, U, 'hours');
  return {
    status: 'known',
    shape: 'number',
    value: hourOfDay(value),
    unit: UNIT,
    interval: [hourOfDay(value - halfWidth), hourOfDay(value + halfWidth)],
    period: 24,
    level: 0.9,
    method: 'vonmises3+circular-jackknife20',
    n: cells.n,
    days: cells.days,
    confidence: sure,
    coverage: coverage(),
    evidence: evidence(),
  };
}

/** Rounded to four decimals and still below 24. */
function hourOfDay(hour: number): number {
  const fourDecimals = rounded(onClock(hour), 4);
  return fourDecimals === 24 ? 0 : fourDecimals;
}
