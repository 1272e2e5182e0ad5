import type { HttpAnswer } from '../http-exchange.js';
import { reasonOf } from '../refusal-reasons.js';
import { retryAfterMs } from '../retry-after.js';
import { GITHUB_REFUSALS } from './github-refusals.js';

/** GitHub's advice where it names no time: at least a minute. */
const PAUSE_MS = 60_000;
/** Windows last an hour; a reset beyond this is a mistake. */
const MAX_WINDOW_MS = 86_400_000;
const LIMITS = GITHUB_REFUSALS.filter(({ concerns }) => concerns === 'pace');

/**
 * Until when GitHub allows no request, or undefined for any other refusal: both limits come as 403 or 429. The
 * primary one (5,000 requests an hour and person, shared by all apps) has `x-ratelimit-remaining: 0` and
 * `x-ratelimit-reset` in epoch seconds; the secondary one, and an account locked for a while, have `retry-after` or only
 * their message.
 * Source: docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api.
 */
export function githubRateLimit(answer: HttpAnswer, now: Date): Date | undefined {
  const { status, headers } = answer;
  if (status !== 403 && status !== 429) return undefined;
  const after = (ms: number) => new Date(now.getTime() + ms);
  const waits: number[] = [];
  const asked = retryAfterMs(headers.get('retry-after'), now);
  if (asked !== undefined) waits.push(asked);
  if (headers.get('x-ratelimit-remaining')?.trim() === '0') waits.push(untilReset(headers, now));
  if (waits.length > 0) return after(Math.max(...waits));
  return status === 429 || reasonOf(LIMITS, answer) ? after(PAUSE_MS) : undefined;
}

/** Until when there are no more requests after this answer; the last one of a window succeeds. */
export function githubUsedUp(headers: HttpAnswer['headers'], now: Date): Date | undefined {
  if (headers.get('x-ratelimit-remaining')?.trim() !== '0') return undefined;
  return new Date(now.getTime() + untilReset(headers, now));
}

/** A reset that has passed means that the clocks differ, so the usual pause is kept instead of asking at once. */
function untilReset(headers: HttpAnswer['headers'], now: Date): number {
  const text = headers.get('x-ratelimit-reset')?.trim() ?? '';
  const waitMs = /^\d{1,12}$/.test(text) ? Number(text) * 1_000 - now.getTime() : 0;
  return waitMs > 0 && waitMs <= MAX_WINDOW_MS ? waitMs : PAUSE_MS;
}
