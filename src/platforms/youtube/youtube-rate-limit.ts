import { DateTime } from 'luxon';
import { z } from 'zod';
import type { HttpAnswer } from '../http-exchange.js';
import { retryAfterMs } from '../retry-after.js';

/** Pause for Google's short limits, which come without a time (ms). */
const PAUSE_MS = 60_000;
/** Quotas are counted by the days of this zone. */
const QUOTA_ZONE = 'America/Los_Angeles';

const refusalSchema = z.object({ error: z.object({ errors: z.array(z.object({ reason: z.string() })).max(100) }) });

/**
 * Until when YouTube allows no request, or undefined for any other refusal. The daily quota is the whole app's and
 * ends at midnight Pacific time; asking earlier costs quota and gives nothing. Source:
 * developers.google.com/youtube/v3/docs/errors and /youtube/v3/determine_quota_cost.
 */
export function youtubeRateLimit({ status, headers, body }: HttpAnswer, now: Date): Date | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const reasons = reasonsOf(body);
  if (reasons.includes('quotaExceeded') || reasons.includes('dailyLimitExceeded')) return nextQuotaDay(now);
  const limited = reasons.includes('rateLimitExceeded') || reasons.includes('userRateLimitExceeded');
  if (!limited && status !== 429) return undefined;
  return new Date(now.getTime() + (retryAfterMs(headers.get('retry-after'), now) ?? PAUSE_MS));
}

function nextQuotaDay(now: Date): Date {
  return DateTime.fromJSDate(now, { zone: QUOTA_ZONE }).plus({ days: 1 }).startOf('day').toJSDate();
}

function reasonsOf(body: string): readonly string[] {
  try {
    return refusalSchema.safeParse(JSON.parse(body)).data?.error.errors.map(({ reason }) => reason) ?? [];
  } catch {
    return [];
  }
}
