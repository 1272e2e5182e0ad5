import { clockDifference } from '../estimators/circular.js';
import { interdailyStability } from '../estimators/interdaily-stability.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import { unseenBound } from '../estimators/unseen.js';
import type { Facet } from '../document/facet.js';
import { hoursOfDay, withoutGroup, type ActiveCells } from './active-cells.js';
import { MIN_PATTERN_DAYS, noDailyPattern } from './daily-pattern.js';
import { numberFacet } from './estimate.js';
import { ZONE, shortfall, type FacetDefinition } from './facet.js';
import { quietHour } from './peak.js';
import { ACTS, forEachRhythm, tooFewDays, type RhythmSource } from './rhythm-source.js';
import { GROUPS } from '../statistics/statistics.js';

/** The hours that count as night: 21:00 to 05:00. */
const NIGHT: ReadonlySet<number> = new Set([21, 22, 23, 0, 1, 2, 3, 4]);
const MIN_WEEKS = 26;
const JACKKNIFE = 'interval: delete-a-group jackknife, Kott 2001';

/** What share of the active hours lies between 21:00 and 05:00; eight hours of 24 would be a third. */
export const nightShare: FacetDefinition = {
  name: 'rhythms.night_share',
  restsOn: [ACTS, ZONE],
  perPlatform: 'alone',
  explain: {
    formula: 'active hours from 21:00 to 05:00 / all active hours',
    source: `count; ${JACKKNIFE}`,
    inputs: 'active cells (a local day and hour with any act, once); a life without a clock has 8/24',
  },
  build: (context) => forEachRhythm('rhythms.night_share', context, nightShareOf),
};

/** How alike the days are: interdaily stability of the active hours over every day of the window. */
export const regularity: FacetDefinition = {
  name: 'rhythms.regularity',
  restsOn: [ACTS, ZONE],
  perPlatform: 'alone',
  explain: {
    formula: 'IS = N·Σₕ(x̄ₕ−x̄)²/[24·Σ(x−x̄)²], then (IS−e)/(1−e) with e = 23/(24d−1)',
    source: `Witting et al. 1990, Van Someren et al. 1999; ${JACKKNIFE}`,
    inputs: 'x: 1 for each hour of the d days from first to last that has an act, 0 for the others',
  },
  build: (context) => forEachRhythm('rhythms.regularity', context, regularityOf),
};

/** How much later the quietest hour lies on Saturdays and Sundays than on Mondays to Fridays. */
export const weekendShift: FacetDefinition = {
  name: 'rhythms.weekend_shift',
  restsOn: [ACTS, ZONE],
  perPlatform: 'alone',
  explain: {
    formula: 'quiet point(Sat, Sun) − quiet point(Mon–Fri), along the clock',
    source: 'Wittmann et al. 2006, Leypunskiy et al. 2018; interval: jackknife over ISO weeks mod 20',
    inputs: 'active cells by weekday and hour; shown where the gate of the daily pattern passes',
  },
  build: (context) => forEachRhythm('rhythms.weekend_shift', context, weekendShiftOf),
};

function nightShareOf(source: RhythmSource): Facet {
  const few = tooFewDays(source, MIN_PATTERN_DAYS);
  if (few) return few;
  const { cells } = source;
  const jackknife = halfWidth90(Array.from({ length: GROUPS }, (_, group) => night(withoutGroup(cells, group))));
  return numberFacet({
    ...common(source),
    value: night(cells.week),
    // Where all nights are alike there is no spread to measure, yet not for ever: see `unseenBound`.
    halfWidth: jackknife || (unseenBound(cells.days) * cells.days) / cells.n,
    bounds: [0, 1],
    u: 0.1,
    unit: 'share of active hours',
    method: 'active-cells+jackknife20',
  });
}

function night(week: readonly number[]): number {
  const hours = hoursOfDay(week);
  const all = hours.reduce((sum, count) => sum + count, 0);
  return hours.reduce((sum, count, hour) => sum + (NIGHT.has(hour) ? count : 0), 0) / all;
}

function regularityOf(source: RhythmSource): Facet {
  const few = tooFewDays(source, MIN_PATTERN_DAYS);
  if (few) return few;
  const { cells } = source;
  const days = cells.dayTo - cells.dayFrom + 1;
  const value = interdailyStability(hoursOfDay(cells.week), days);
  const replicates = Array.from({ length: GROUPS }, (_, group) =>
    interdailyStability(hoursOfDay(withoutGroup(cells, group)), days - daysOfGroup(cells, group)),
  );
  if (value === null) return shortfall('no_daily_pattern', 0, 1, 'hours that differ');
  return numberFacet({
    ...common(source),
    value,
    halfWidth: halfWidth90(replicates.map((replicate) => replicate ?? value)),
    bounds: [-1, 1],
    u: 0.1,
    unit: 'interdaily stability',
    method: 'interdaily-stability+jackknife20',
  });
}

/** Days from the first to the last that belong to a group. */
function daysOfGroup({ dayFrom, dayTo }: ActiveCells, group: number): number {
  const upTo = (day: number) => Math.floor((day - group) / GROUPS);
  return upTo(dayTo) - upTo(dayFrom - 1);
}

function weekendShiftOf(source: RhythmSource): Facet {
  const { cells } = source;
  if (cells.weeks < MIN_WEEKS) return shortfall('history_too_short', cells.weeks, MIN_WEEKS, 'active weeks');
  const none = noDailyPattern(source);
  if (none) return none;
  const value = shift(cells.week);
  const replicates = Array.from({ length: GROUPS }, (_, group) => shift(withoutGroup(cells.byWeek, group)));
  if (value === null || replicates.includes(null)) {
    return shortfall('too_few_days', 0, 1, 'weekends and working days with acts');
  }
  return numberFacet({
    ...common(source),
    value,
    halfWidth: halfWidth90(replicates.map((replicate) => clockDifference(replicate ?? value, value))) || 0.5,
    bounds: [-12, 12],
    u: 1,
    unit: 'hours',
    method: 'vonmises3+week-jackknife20',
    days: cells.days,
  });
}

/** Null where one part of the week has no acts at all. */
function shift(week: readonly number[]): number | null {
  const part = (from: number, to: number) =>
    hoursOfDay(week.map((count, cell) => (cell >= from && cell < to ? count : 0)));
  const working = part(0, 120);
  const weekend = part(120, 168);
  if (![working, weekend].every((hours) => hours.some((count) => count > 0))) return null;
  return clockDifference(quietHour(weekend), quietHour(working));
}

function common({ cells, coverage, evidence }: RhythmSource) {
  return { n: cells.n, days: cells.days, coverage: coverage(), evidence };
}
