import { DateTime } from 'luxon';
import type { HttpAnswer } from '../http-exchange.js';
import { reasonOf } from '../refusal-reasons.js';
import { retryAfterMs } from '../retry-after.js';
import { YOUTUBE_REFUSALS } from './youtube-refusals.js';

/** Pause for Google's short limits, which come without a time (ms). */
const PAUSE_MS = 60_000;
/** Quotas are counted by the days of this zone. */
const QUOTA_ZONE = 'America/Los_Angeles';

const LIMITS = YOUTUBE_REFUSALS.filter(({ concerns }) => concerns === 'pace');

/**
 * Until when YouTube allows no request, or undefined for any other refusal. The daily quota is the whole app's and
 * ends at midnight Pacific time; asking earlier costs quota and gives nothing. Source:
 * developers.google.com/youtube/v3/docs/errors and /youtube/v3/determine_quota_cost.
 */
export function youtubeRateLimit(answer: HttpAnswer, now: Date): Date | undefined {
  const { status, headers } = answer;
  if (status !== 403 && status !== 429) return undefined;
  const reason = reasonOf(LIMITS, answer);
  if (reason?.code === 'QUOTA_SPENT') return nextQuotaDay(now);
  if (!reason && status !== 429) return undefined;
  return new Date(now.getTime() + (retryAfterMs(headers.get('retry-after'), now) ?? PAUSE_MS));
}

function nextQuotaDay(now: Date): Date {
  return DateTime.fromJSDate(now, { zone: QUOTA_ZONE }).plus({ days: 1 }).startOf('day').toJSDate();
}
