import { IANAZone } from 'luxon';
import { GROUPS, type KindActivity } from './statistics.js';

/** Hours of a week; cell = weekday (Monday 0) · 24 + local hour. */
const WEEK_HOURS = 168;
const QUARTERS_PER_DAY = 96;
const MINUTES_PER_DAY = 1_440;

/**
 * Active cells: a (local day, local hour) with any act counts once, however much happened in it. Held by jackknife group
 * (`utcDay mod 20` of the cell's first quarter hour, so groups do not depend on the zone), as counts over the week.
 */
export interface ActiveCells {
  readonly groups: readonly (readonly number[])[];
  readonly week: readonly number[];
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

/** How the days are dealt out to the groups of the jackknife: by UTC day, or by local ISO week where weekdays matter. */
type Grouping = 'day' | 'week';

/** Lays the UTC quarter hours of one or more kinds of acts on the local calendar of `zone`, daylight saving included. */
export function activeCells(
  activity: readonly KindActivity[],
  zone: IANAZone,
  grouping: Grouping = 'day',
): ActiveCells {
  const groups = Array.from({ length: GROUPS }, () => new Array<number>(WEEK_HOURS).fill(0));
  const days = new Set<number>();
  const seen = new Set<number>();
  for (const [day, quarters] of mergedDays(activity)) {
    const offsetAt = offsetsOfDay(day, zone);
    for (const quarter of quarters) {
      const localMinutes = day * MINUTES_PER_DAY + quarter * 15 + offsetAt(quarter);
      const localHour = Math.floor(localMinutes / 60);
      if (seen.has(localHour)) continue;
      seen.add(localHour);
      const localDay = Math.floor(localHour / 24);
      days.add(localDay);
      const group = groups[modulo(grouping === 'day' ? day : weekOf(localDay), GROUPS)];
      const cell = weekdayOf(localDay) * 24 + modulo(localHour, 24);
      if (group) group[cell] = (group[cell] ?? 0) + 1;
    }
  }
  const week = Array.from({ length: WEEK_HOURS }, (_, cell) =>
    groups.reduce((sum, group) => sum + (group[cell] ?? 0), 0),
  );
  const local = [...days].sort((a, b) => a - b);
  return {
    groups,
    week,
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
  for (const [day, quarters] of activity) {
    const offsetAt = offsetsOfDay(day, zone);
    for (const quarter of quarters) {
      days.add(Math.floor((day * MINUTES_PER_DAY + quarter * 15 + offsetAt(quarter)) / MINUTES_PER_DAY));
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** The week's counts with one group of days left out. */
export function withoutGroup(cells: ActiveCells, group: number): number[] {
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

/** Offset in minutes at a quarter of a UTC day. Asking luxon is slow, so it is asked per quarter only on days of change. */
function offsetsOfDay(day: number, zone: IANAZone): (quarter: number) => number {
  const ask = (quarter: number) => Math.floor(zone.offset((day * MINUTES_PER_DAY + quarter * 15) * 60_000));
  const first = ask(0);
  return first === ask(QUARTERS_PER_DAY - 1) ? () => first : ask;
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
