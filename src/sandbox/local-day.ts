import { DateTime } from 'luxon';
import type { SeededRandom } from './seeded-random.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Weights of the hours of a local day, by the hours' numbers; hours not named never happen. */
export type Hours = Readonly<Partial<Record<number, number>>>;

/** Where somebody lives, and when of a day things happen there. */
export interface DailyRhythm {
  /** IANA name of the home zone; the habits happen in its local time. */
  readonly zone: string;
  readonly hours: { readonly weekday: Hours; readonly weekend: Hours };
}

/** One calendar day in somebody's home zone. */
export interface LocalDay {
  /** Days since the day that counting starts from. */
  readonly index: number;
  readonly date: string;
  /** The UTC time of local midnight, by the zone's offset at noon. */
  readonly startsAt: number;
  readonly weekend: boolean;
}

/** The day with this index, counted from `since` (`YYYY-MM-DD`). */
export function localDay({ zone }: Pick<DailyRhythm, 'zone'>, since: string, index: number): LocalDay {
  const midnight = Date.parse(`${since}T00:00:00Z`) + index * DAY_MS;
  const date = new Date(midnight).toISOString().slice(0, 10);
  const { offset, weekend } = noonOf(date, zone);
  return { index, date, startsAt: midnight - offset * 60_000, weekend };
}

/** Reading a zone's rules is slow, and the same days are asked for again and again. */
const noons = new Map<string, { readonly offset: number; readonly weekend: boolean }>();

function noonOf(date: string, zone: string) {
  const key = `${zone}/${date}`;
  const known = noons.get(key);
  if (known) return known;
  const { offset, weekday } = DateTime.fromISO(`${date}T12:00`, { zone });
  const noon = { offset, weekend: weekday >= 6 };
  noons.set(key, noon);
  return noon;
}

/** The last day that may hold anything that happened by `now`; one too many rather than one too few. */
export function lastDayIndex(since: string, now: number): number {
  return Math.floor((now - Date.parse(`${since}T00:00:00Z`)) / DAY_MS) + 1;
}

/** A moment of the day at one of the usual hours, in ms since the epoch. */
export function usualMoment({ hours }: Pick<DailyRhythm, 'hours'>, day: LocalDay, random: SeededRandom): number {
  const usual = Object.entries(day.weekend ? hours.weekend : hours.weekday);
  const [hour = '0'] = usual[random.weighted(usual.map(([, weight]) => weight ?? 0))] ?? [];
  return day.startsAt + Number(hour) * HOUR_MS + random.between(0, HOUR_MS - 1);
}
