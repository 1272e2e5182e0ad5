import { canHaveHappened } from './utc-time.js';

/** Books were read before there was a place to say so; what lies before this year is a slip of the pen. */
const EARLIEST_YEAR = 1900;

/** A day of a calendar, of which no hour is known. */
export interface Day {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Its begin in UTC, by which days sort. It is no hour of the person's. */
  readonly at: Date;
}

/** Null where the calendar has no such day. */
export function dayOf(year: number, month: number, day: number): Day | null {
  const at = new Date(Date.UTC(year, month - 1, day));
  const real = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return real && year >= EARLIEST_YEAR && year <= 9_999 ? { day: at.toISOString().slice(0, 10), at } : null;
}

/** A day written year first, with dashes or slashes; null for anything else. */
function dayFrom(text: string): Day | null {
  const parts = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})$/.exec(text);
  return parts ? dayOf(Number(parts[1]), Number(parts[3]), Number(parts[4])) : null;
}

/** What a cell tells of a day: none if it is empty, or `bad` if it is no day or one after the archive was received. */
export function dayTold(text: string, receivedAt: Date | undefined): Day | null | 'bad' {
  if (text === '') return null;
  const day = dayFrom(text);
  return day && !isFuture(day, receivedAt) ? day : 'bad';
}

/** Whether a day had not come when the archive was received. Days are local, so that one more is allowed. */
export function isFuture({ at }: Day, receivedAt: Date | undefined): boolean {
  return !canHaveHappened(at.getTime(), -Infinity, receivedAt);
}
