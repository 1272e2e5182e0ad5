import { DateTime } from 'luxon';
import type { SeededRandom } from '../seeded-random.js';
import type { Persona } from './persona.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** One calendar day in a persona's home zone. */
export interface LocalDay {
  /** Days since the account was made. */
  readonly index: number;
  readonly date: string;
  /** The UTC time of local midnight, by the zone's offset at noon. */
  readonly startsAt: number;
  readonly weekend: boolean;
}

/** The day with this index. */
export function localDay(persona: Persona, since: string, index: number): LocalDay {
  const midnight = Date.parse(`${since}T00:00:00Z`) + index * DAY_MS;
  const date = new Date(midnight).toISOString().slice(0, 10);
  const noon = DateTime.fromISO(`${date}T12:00`, { zone: persona.zone });
  return { index, date, startsAt: midnight - noon.offset * 60_000, weekend: noon.weekday >= 6 };
}

/** The last day that may hold anything that happened by `now`; one too many rather than one too few. */
export function lastDayIndex(since: string, now: number): number {
  return Math.floor((now - Date.parse(`${since}T00:00:00Z`)) / DAY_MS) + 1;
}

/** A moment of the day at one of the persona's usual hours, in ms since the epoch. */
export function usualMoment(persona: Persona, day: LocalDay, random: SeededRandom): number {
  const hours = Object.entries(day.weekend ? persona.hours.weekend : persona.hours.weekday);
  const [hour = '0'] = hours[random.weighted(hours.map(([, weight]) => weight ?? 0))] ?? [];
  return day.startsAt + Number(hour) * HOUR_MS + random.between(0, HOUR_MS - 1);
}
