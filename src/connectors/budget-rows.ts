import type { Database } from '../database/database.js';
import type { Budget } from '../platforms/request-budget.js';
import type { Reservation } from './budget-slice.js';

/** The share of a budget that may be spent at once; the rest is refilled evenly. */
const BURST = 1 / 3;

/** Longer than any request waits for its place. What is further ahead was stored before the clock stepped back. */
const STEP_MS = 60_000;

/** Those that come back later are spread over at most this time after the budget has a place again. */
const LINE_MS = 600_000;

/** One budget as a GCRA: no window has more than `burst + perMs / intervalMs` requests, which is the budget. */
export interface Spending {
  readonly key: string;
  /** Milliseconds between two requests; 0 where only the provider's pauses limit. */
  readonly intervalMs: number;
  /** How far ahead of that pace requests may be, in milliseconds. */
  readonly toleranceMs: number;
  /** Whose budget it is; undefined where all people spend from it. */
  readonly userId?: string;
}

/** @param keptMs how much later than reserved a request may be sent, see `BudgetSlice` */
export function spendingOf(key: string, budget: Budget | null | undefined, keptMs = 0): Spending {
  if (!budget) return { key, intervalMs: 0, toleranceMs: 0 };
  const burst = Math.max(1, Math.floor(budget.requests * BURST));
  const intervalMs = (budget.perMs + keptMs) / Math.max(1, budget.requests - burst);
  return { key, intervalMs, toleranceMs: (burst - 1) * intervalMs };
}

/** Until when the provider wants no requests. A pause that began in the future is from before the clock stepped back. */
export const BLOCKED_UNTIL = `CASE WHEN request_budgets.blocked_at > clock_timestamp() + ${STEP_MS} * interval '1 ms' THEN NULL ELSE request_budgets.blocked_until END`;

/** What was reserved, and when those who get nothing may come back, one after the other. */
export interface RowReservation extends Reservation {
  readonly placeMs: number;
}

/**
 * Reserves up to `count` requests of several budgets with one statement, of which the last waits no longer than
 * `maxWaitMs`. Rows are locked in the order of their keys, and time is read when they are. Who gets nothing gets a place in
 * line: that spends nothing, so whoever does not come back takes nothing from others.
 * @throws an error of PostgreSQL where the budget's person is gone
 */
export async function reserve(
  database: Database,
  spendings: readonly Spending[],
  count: number,
  maxWaitMs: number,
): Promise<RowReservation> {
  const [row] = await database.query<RowReservation>(RESERVE, [
    spendings.map(({ key }) => key),
    spendings.map(({ intervalMs }) => intervalMs),
    spendings.map(({ toleranceMs }) => toleranceMs),
    count,
    maxWaitMs,
    Number.isFinite(maxWaitMs) ? Math.max(maxWaitMs, STEP_MS) : null,
    spendings.map(({ userId }) => userId ?? null),
  ]);
  if (!row) throw new Error('A reservation returned no row');
  return row;
}

const ms = (interval: string) => `extract(epoch FROM (${interval}))::float8 * 1000`;

/**
 * $1 keys, $2 intervals, $3 tolerances, $4 how many, $5 the longest wait, $6 how far ahead waits may have brought a row
 * (all in milliseconds), $7 whose they are.
 */
const RESERVE = `
  WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[], $7::text[]) AS asked (key, interval_ms, tolerance_ms, user_id)
  ), locked AS (
    SELECT key, tat, line_end, ${BLOCKED_UNTIL} AS blocked_until
    FROM request_budgets JOIN asked USING (key) ORDER BY key FOR UPDATE OF request_budgets
  ), instant AS MATERIALIZED (
    SELECT clock_timestamp() AS at FROM (SELECT count(*) FROM locked) AS all_locked
  ), held AS (
    SELECT asked.*, at, line_end, greatest(0, ${ms('blocked_until - at')}) AS blocked_ms,
      -- What is further ahead than it can be counts as a burst that was just spent; less what rounding may add.
      greatest(at, blocked_until, CASE WHEN tat > at + (tolerance_ms + interval_ms + $6::float8) * interval '1 ms'
        THEN at + (tolerance_ms - 0.001) * interval '1 ms' ELSE tat END) AS arrival
    FROM asked CROSS JOIN instant LEFT JOIN locked USING (key)
  ), free AS (
    SELECT *, ${ms('arrival - at')} - tolerance_ms AS free_ms FROM held WHERE interval_ms > 0
  ), decided AS (
    SELECT (SELECT max(free_ms) FROM free) AS free_ms, (SELECT max(blocked_ms) FROM held) AS blocked_ms,
      CASE WHEN (SELECT max(blocked_ms) FROM held) > $5::float8 THEN 0
        ELSE greatest(0, least($4::float8, (SELECT min(floor(($5::float8 - free_ms) / interval_ms) + 1) FROM free))) END AS granted
  ), spent AS (
    INSERT INTO request_budgets (key, tat, user_id)
    SELECT key, arrival + granted * interval_ms * interval '1 ms', user_id FROM free, decided WHERE granted > 0 ORDER BY key
    ON CONFLICT (key) DO UPDATE SET tat = excluded.tat
      -- A row that somebody has added since the statement began.
      + CASE WHEN request_budgets.key IN (SELECT key FROM locked) THEN interval '0'
          ELSE greatest(request_budgets.tat - (SELECT at FROM instant), interval '0') END,
      -- A former version leaves it out.
      user_id = coalesce(request_budgets.user_id, excluded.user_id)
  ), place AS (
    SELECT key, at, interval_ms, CASE WHEN line_end BETWEEN free_at AND free_at + ${LINE_MS} * interval '1 ms'
        THEN line_end ELSE free_at END AS place
    FROM (
      SELECT free.*, at + greatest(free.free_ms, decided.blocked_ms) * interval '1 ms' AS free_at FROM free, decided
      WHERE granted = 0 ORDER BY free.free_ms DESC LIMIT 1) AS scarcest
  ), lined AS (
    UPDATE request_budgets SET line_end = place + interval_ms * interval '1 ms' FROM place WHERE request_budgets.key = place.key
  )
  SELECT granted, free_ms AS "freeMs", blocked_ms AS "blockedMs", coalesce((SELECT ${ms('place - at')} FROM place), 0) AS "placeMs"
  FROM decided`;
