import { IANAZone } from 'luxon';
import { GROUPS, type KindActivity } from '../statistics/statistics.js';

/** Hours of a week; cell = weekday (Monday 0) · 24 + local hour. */
const WEEK_HOURS = 168;
const MINUTES_PER_DAY = 1_440;

/** Counts of the cells of a week, in all and by jackknife group. */
export interface WeekCounts {
  readonly groups: readonly (readonly number[])[];
  readonly week: readonly number[];
}

/**
 * Active cells: a (local day, local hour) with any act counts once, however much happened in it. Jackknife groups are of
 * days (`utcDay mod 20` of the cell's first quarter hour, so they do not depend on the zone), and of local ISO weeks
 * (running number mod 20) where weekdays matter.
 */
export interface ActiveCells extends WeekCounts {
  readonly byWeek: WeekCounts;
  /** All active cells. */
  readonly n: number;
  /** Distinct local days with one. */
  readonly days: number;
  /** First and last of them; local days since 1970. */
  readonly dayFrom: number;
  readonly dayTo: number;
  /** Distinct ISO weeks (running number) with one. */
  readonly weeks: number;
}

function emptyGroups(): number[][] {
  return Array.from({ length: GROUPS }, () => new Array<number>(WEEK_HOURS).fill(0));
}

/** Lays the UTC quarter hours of one or more kinds of acts on the local calendar of `zone`, daylight saving included. */
export function activeCells(activity: readonly KindActivity[], zone: IANAZone): ActiveCells {
  const [ofDays, ofWeeks] = [emptyGroups(), emptyGroups()];
  const days = new Set<number>();
  const seen = new Set<number>();
  const offsetsOfDay = offsetsIn(zone);
  for (const [day, quarters] of mergedDays(activity)) {
    const offsetAt = offsetsOfDay(day);
    for (const quarter of quarters) {
      const localMinutes = day * MINUTES_PER_DAY + quarter * 15 + offsetAt(quarter);
      const localHour = Math.floor(localMinutes / 60);
      if (seen.has(localHour)) continue;
      seen.add(localHour);
      const localDay = Math.floor(localHour / 24);
      days.add(localDay);
      const cell = weekdayOf(localDay) * 24 + modulo(localHour, 24);
      for (const group of [ofDays[modulo(day, GROUPS)], ofWeeks[modulo(weekOf(localDay), GROUPS)]]) {
        if (group) group[cell] = (group[cell] ?? 0) + 1;
      }
    }
  }
  const week = Array.from({ length: WEEK_HOURS }, (_, cell) =>
    ofDays.reduce((sum, group) => sum + (group[cell] ?? 0), 0),
  );
  const local = [...days].sort((a, b) => a - b);
  return {
    groups: ofDays,
    week,
    byWeek: { groups: ofWeeks, week },
    n: seen.size,
    days: days.size,
    dayFrom: local[0] ?? 0,
    dayTo: local.at(-1) ?? 0,
    weeks: new Set(local.map(weekOf)).size,
  };
}

/** The local days (since 1970-01-01) of UTC quarter hours, ascending, daylight saving included. */
export function localDays(activity: KindActivity['days'], zone: IANAZone): number[] {
  const days = new Set<number>();
  const offsetsOfDay = offsetsIn(zone);
  for (const [day, quarters] of activity) {
    const offsetAt = offsetsOfDay(day);
    for (const quarter of quarters) {
      days.add(Math.floor((day * MINUTES_PER_DAY + quarter * 15 + offsetAt(quarter)) / MINUTES_PER_DAY));
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** The week's counts with one group of days left out. */
export function withoutGroup(cells: WeekCounts, group: number): number[] {
  return cells.week.map((count, cell) => count - (cells.groups[group]?.[cell] ?? 0));
}

/** Counts by hour of the day, all weekdays together. */
export function hoursOfDay(week: readonly number[]): number[] {
  return Array.from({ length: 24 }, (_, hour) => {
    let sum = 0;
    for (let cell = hour; cell < WEEK_HOURS; cell += 24) sum += week[cell] ?? 0;
    return sum;
  });
}

/** Each UTC day once, in order, with the quarters of all kinds. */
function mergedDays(activity: readonly KindActivity[]): [number, number[]][] {
  const days = new Map<number, Set<number>>();
  for (const platform of activity) {
    for (const [day, quarters] of platform.days) {
      const merged = days.get(day) ?? new Set<number>();
      for (const quarter of quarters) merged.add(quarter);
      days.set(day, merged);
    }
  }
  return [...days].sort(([a], [b]) => a - b).map(([day, quarters]) => [day, [...quarters].sort((a, b) => a - b)]);
}

/**
 * Offsets in minutes at the quarters of UTC days. Looking up offsets is what costs, so it is done at every midnight, and for
 * each quarter only of a day whose two midnights differ.
 */
function offsetsIn(zone: IANAZone): (day: number) => (quarter: number) => number {
  const lookUp = (minutes: number) => Math.floor(zone.offset(minutes * 60_000));
  const midnights = new Map<number, number>();
  const midnight = (day: number) => {
    const offset = midnights.get(day) ?? lookUp(day * MINUTES_PER_DAY);
    midnights.set(day, offset);
    return offset;
  };
  return (day) => {
    const offset = midnight(day);
    return offset === midnight(day + 1) ? () => offset : (quarter) => lookUp(day * MINUTES_PER_DAY + quarter * 15);
  };
}

/** Running number of the ISO week (Monday to Sunday); 1970-01-01 was a Thursday. */
export function weekOf(day: number): number {
  return Math.floor((day + 3) / 7);
}

/** Monday 0 to Sunday 6; 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return modulo(day + 3, 7);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
