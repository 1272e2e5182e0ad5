import { DateTime } from 'luxon';

const YEAR_MS = 365 * 86_400_000;

/**
 * Reads a `Retry-After` header (RFC 9110 section 10.2.3): seconds, which some providers give with a fraction, or an
 * HTTP-date in any of its three forms. Returns the milliseconds to wait from `now` (a date in the past is 0, anything
 * beyond a year is a year, so that the result always fits a Date), or undefined where the header is absent or unreadable.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1_000), YEAR_MS);
  const date = DateTime.fromHTTP(text, { zone: 'utc' });
  if (!date.isValid) return undefined;
  return Math.min(Math.max(date.toMillis() - now.getTime(), 0), YEAR_MS);
}

/**
 * The provider's clock when it answered (RFC 9110 section 6.6.1), in whole seconds; ours without a `Date` header. A time
 * that a provider names is of its own clock, so only the distance to this one counts: ours may be wrong.
 */
export function clockOf(headers: ReadonlyMap<string, string>): Date {
  const date = DateTime.fromHTTP(headers.get('date') ?? '', { zone: 'utc' });
  return date.isValid ? date.toJSDate() : new Date();
}
