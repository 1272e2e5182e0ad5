import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { ApiError } from '../http/api-error.js';
import { networkOf } from './request-limits.js';

/** How many wrong passwords one network may try at once, and how often one more. */
const TRIES = 10;
const EVERY_MS = 60_000;

/** How many guesses and refused networks a process remembers; the oldest are dropped. */
const REMEMBERED = 10_000;

/**
 * Checks guesses of a password, and counts the wrong ones of each network in the database, so that all processes share the
 * count. A guess is counted before it is compared, and given back if it was right: once a network has no guess left, the
 * right password is refused like any other, and many guesses at the same time gain nothing.
 */
@Injectable()
export class PasswordGuesses {
  /** Guesses that are being checked or were wrong. Browsers repeat one with every request, which teaches them nothing. */
  private readonly known = new Map<string, Promise<boolean>>();
  /** Until when a network has no guess left, by `performance.now()`. A flood of guesses does not reach the database. */
  private readonly refusedUntil = new Map<string, number>();

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    // Where waits grow, a day without a guess ends that.
    housekeeping.register({ table: 'failed_sign_ins', old: `tat < now() - interval '1 day'` });
  }

  /**
   * @param isRight compares the guess, if the address may guess
   * @throws ApiError 429 `TOO_MANY_TRIES` with the seconds until the address may guess again
   */
  check(address: string | undefined, guess: string, isRight: () => boolean): Promise<boolean> {
    const network = networkOf(address ?? '');
    const key = createHash('sha256').update(`${network}\n${guess}`).digest('base64');
    const known = this.known.get(key);
    if (known) return known;
    const checked = this.checkNew(`dashboard ${network}`, isRight);
    remember(this.known, key, checked);
    const forget = () => this.known.delete(key);
    checked.then((right) => right && forget(), forget);
    return checked;
  }

  private async checkNew(key: string, isRight: () => boolean): Promise<boolean> {
    const waitMs = (this.refusedUntil.get(key) ?? 0) - performance.now();
    if (waitMs > 0) throw tooManyTries(waitMs);
    await this.count(key);
    if (!isRight()) return false;
    await this.database.query(`UPDATE failed_sign_ins SET tat = tat - ${EVERY} WHERE key = $1`, [key]);
    return true;
  }

  private async count(key: string): Promise<void> {
    const [row] = await this.database.query<{ waitMs: number }>(COUNT, [key]);
    const waitMs = row?.waitMs ?? EVERY_MS;
    if (waitMs === 0) return;
    remember(this.refusedUntil, key, performance.now() + waitMs);
    throw tooManyTries(waitMs);
  }
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value ?? '');
}

function tooManyTries(waitMs: number): ApiError {
  return new ApiError(
    429,
    'TOO_MANY_TRIES',
    'Too many wrong passwords came from this address. Wait for the time in Retry-After, or send an admin token.',
    { retryAfter: Math.ceil(waitMs / 1000) },
  );
}

const EVERY = `interval '${EVERY_MS} ms'`;

/** When the next guess may come. What is further ahead than it can be was stored before the clock stepped back. */
const ARRIVAL = `CASE WHEN failed.tat > clock_timestamp() + ${TRIES + 1} * ${EVERY} THEN clock_timestamp()
  ELSE greatest(failed.tat, clock_timestamp()) END`;

/** Counts a guess if there is one left ($1 the key), and answers with 0, or with the milliseconds until there is. */
const COUNT = `
  WITH counted AS (
    INSERT INTO failed_sign_ins AS failed (key, tat) VALUES ($1, clock_timestamp() + ${EVERY})
    ON CONFLICT (key) DO UPDATE SET tat = ${ARRIVAL} + ${EVERY}
      WHERE ${ARRIVAL} <= clock_timestamp() + ${TRIES - 1} * ${EVERY}
    RETURNING 1
  )
  SELECT CASE WHEN EXISTS (SELECT FROM counted) THEN 0 ELSE coalesce((
    SELECT greatest(1000, ceil(extract(epoch FROM tat - clock_timestamp() - ${TRIES - 1} * ${EVERY}) * 1000)) FROM failed_sign_ins
    WHERE key = $1), ${EVERY_MS}) END::float8 AS "waitMs"`;
