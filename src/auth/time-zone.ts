import { z } from 'zod';

/** An IANA time zone name or link ("Europe/Berlin", "UTC"); bare offsets are refused, because they have no summer time. */
export const timeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin');

/** Whether this version of Node has the zone: stored names may have been abolished since. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
