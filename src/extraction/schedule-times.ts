import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { isTimeZone } from '../auth/time-zone.js';
import { findPlatform } from '../platforms/registry.js';

/** The extractions of a time zone are spread over this time after the cron pattern's, in another order each time. */
const SPREAD_MS = 30 * 60_000;
/** A poll comes earlier than its interval by up to this share, different for each connection. */
const POLL_SPREAD = 0.1;

/** A connection that is read by itself, and the time zone of its person. */
export interface Scheduled {
  readonly userId: string;
  readonly platform: string;
  readonly zone: string;
}

/**
 * The next time of the pattern, moved by the connection's share of the spread at that time; in UTC for a zone that no
 * longer exists.
 */
export function nextTime(row: Scheduled, now: Date, pattern: string): Date | null {
  const cron = new Cron(pattern, { timezone: isTimeZone(row.zone) ? row.zone : 'UTC' });
  let next: Date | null = null;
  // A time that has passed may lie ahead with its share, and before a later one with a smaller share.
  let time = cron.nextRun(new Date(now.getTime() - SPREAD_MS));
  while (time && (!next || time < next)) {
    const at = new Date(time.getTime() + SPREAD_MS * share(row, time));
    if (at > now && (!next || at < next)) next = at;
    time = cron.nextRun(time);
  }
  return next;
}

/** What a schedule was planned by; when it is another, it is planned anew. */
export function plannedBy({ zone }: Scheduled, pattern: string): string {
  return `${zone} ${pattern}`;
}

/** When to read next what the provider keeps only briefly; null where it keeps all. */
export function nextPoll(row: Scheduled, now: Date): Date | null {
  const polling = findPlatform(row.platform)?.polling;
  return polling ? new Date(now.getTime() + polling.everyMs * (1 - POLL_SPREAD * share(row))) : null;
}

/** A number from 0 to 1, always the same for a connection and time. */
function share({ userId, platform }: Scheduled, time?: Date): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([userId, platform, time]))
      .digest()
      .readUInt32LE(0) /
    2 ** 32
  );
}
