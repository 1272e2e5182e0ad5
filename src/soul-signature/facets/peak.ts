import { circularHalfWidth90, onClock, peakHour, trigonometricMoments } from '../estimators/circular.js';
import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import { F_4_16_99, hotellingF } from '../estimators/hotelling.js';
import type { Facet } from '../signature.js';
import { hoursOfDay, withoutGroup } from './active-cells.js';
import { shortfall, type FacetDefinition } from './facet.js';
import { forEachRhythm, type RhythmSource } from './rhythm-source.js';
import { GROUPS } from './statistics.js';

const MIN_DAYS = 60;
/** The covariance of four moments needs days spread over the jackknife's groups (only every 20th day would be one). */
const MIN_GROUPS = 15;
/** Smallest difference worth mentioning, in hours. */
const U = 1;
/** Where all days are alike there is no spread to measure, but within its hour a cell says nothing: half of this stays. */
const CELL = 1;
const UNIT = 'local hour';

/**
 * The local hour around which the person is most active. Said only of people whose days have a shape at all: Hotelling's
 * T² on the profile's first two trigonometric moments must reject "every hour alike" at α = .01. Decimal hours (21.9 is
 * 21:54); the interval runs forward through midnight where its first end is the larger one.
 */
export const peak: FacetDefinition = {
  name: 'rhythms.peak',
  build: (context) => forEachRhythm('rhythms.peak', context, peakOf),
};

function peakOf({ cells, coverage, evidence }: RhythmSource): Facet {
  if (cells.days < MIN_DAYS) return shortfall('too_few_days', cells.days, MIN_DAYS, 'active days');
  const profile = hoursOfDay(cells.week);
  const replicates = Array.from({ length: GROUPS }, (_, group) => hoursOfDay(withoutGroup(cells, group)));
  const occupied = cells.groups.filter((group) => group.some((count) => count > 0)).length;
  if (occupied < MIN_GROUPS) return shortfall('history_too_short', occupied, MIN_GROUPS, 'of 20 groups of days');
  const f = hotellingF(trigonometricMoments(profile), replicates.map(trigonometricMoments));
  if (f < F_4_16_99) return shortfall('no_daily_pattern', rounded(f, 4), F_4_16_99, 'F(4,16)');

  const value = peakHour(profile);
  const halfWidth = circularHalfWidth90(value, replicates.map(peakHour)) || CELL / 2;
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
