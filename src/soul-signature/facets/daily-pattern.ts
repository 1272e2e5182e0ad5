import { trigonometricMoments } from '../estimators/circular.js';
import { rounded } from '../estimators/confidence.js';
import { F_4_16_99, hotellingF } from '../estimators/hotelling.js';
import type { UnknownFacet } from '../document/facet.js';
import { hoursOfDay, withoutGroup } from './active-cells.js';
import { shortfall } from './facet.js';
import { tooFewDays, type RhythmSource } from './rhythm-source.js';
import { GROUPS } from '../statistics/statistics.js';

/** Active days that every statement about the shape of a day needs. */
export const MIN_PATTERN_DAYS = 60;
/** The covariance of four moments needs days spread over the jackknife's groups (only every 20th day would be one). */
const MIN_GROUPS = 15;

/**
 * The gate before peak and quiet point: Hotelling's T² on the daily profile's first two trigonometric moments must reject
 * "every hour alike" at α = .01. Answers why there is no pattern, or undefined where there is one.
 */
export function noDailyPattern(source: RhythmSource): UnknownFacet | undefined {
  const few = tooFewDays(source, MIN_PATTERN_DAYS);
  if (few) return few;
  const { cells } = source;
  const occupied = cells.groups.filter((group) => group.some((count) => count > 0)).length;
  if (occupied < MIN_GROUPS) return shortfall('history_too_short', occupied, MIN_GROUPS, 'of 20 groups of days');
  const replicates = Array.from({ length: GROUPS }, (_, group) => hoursOfDay(withoutGroup(cells, group)));
  const f = hotellingF(trigonometricMoments(hoursOfDay(cells.week)), replicates.map(trigonometricMoments));
  return f < F_4_16_99 ? shortfall('no_daily_pattern', rounded(f, 4), F_4_16_99, 'F(4,16)') : undefined;
}
