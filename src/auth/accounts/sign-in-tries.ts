import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { networkOf } from '../request-limits.js';

/** How many wrong tries there may be at once: at one account from everywhere, and from one network at all accounts. */
const FREE = { account: 5, network: 20 };

/** The wait after these; it doubles with each further one, up to the longest. */
const FIRST_WAIT_S = 5;
const LONGEST_WAIT_S = 900;

/**
 * Counts tries to sign in, for each account and each network (an address, or a /64 of IPv6), in the database, so that all
 * processes share the count. A try is counted before it is looked at, and forgotten if it was right: while one has to wait,
 * the right password is refused like any other, and many tries at the same time gain nothing. Accounts that do not exist
 * are counted like others.
 */
@Injectable()
export class SignInTries {
  constructor(private readonly database: Database) {}

  /** @throws ApiError 429 `TOO_MANY_TRIES` with the seconds until the next one */
  async count(usernameKey: string, address: string | undefined): Promise<void> {
    await this.countOne(keyOfNetwork(address), FREE.network);
    await this.countOne(keyOfAccount(usernameKey), FREE.account);
  }

  /** The last one counted was right. It also ends the waits of its account, but not those of a network that guesses. */
  async forget(usernameKey: string, address: string | undefined): Promise<void> {
    await this.database.query(
      `WITH network AS (UPDATE failed_sign_ins SET tries = greatest(0, tries - 1), tat = clock_timestamp() WHERE key = $1)
       DELETE FROM failed_sign_ins WHERE key = $2`,
      [keyOfNetwork(address), keyOfAccount(usernameKey)],
    );
  }

  private async countOne(key: string, free: number): Promise<void> {
    const [row] = await this.database.query<{ waitS: number }>(COUNT, [key, free]);
    const waitS = row?.waitS ?? 1;
    if (waitS === 0) return;
    throw new ApiError(429, 'TOO_MANY_TRIES', 'Too many tries to sign in failed. Wait for the time in Retry-After.', {
      retryAfter: waitS,
    });
  }
}

/** Hashed: a name can be that of nobody, or a password in the wrong field. */
function keyOfAccount(usernameKey: string): string {
  return `account ${createHash('sha256').update(usernameKey).digest('base64')}`;
}

function keyOfNetwork(address: string | undefined): string {
  return `sign-in ${networkOf(address ?? '')}`;
}

/** One more than before; a day without any ends the count. */
const TRIES = `CASE WHEN failed.tat < clock_timestamp() - interval '1 day' THEN 1 ELSE failed.tries + 1 END`;

const WAIT = `CASE WHEN ${TRIES} < $2 THEN interval '0'
  ELSE least(${FIRST_WAIT_S} * power(2, least(${TRIES} - $2, 20)), ${LONGEST_WAIT_S}) * interval '1 second' END`;

/**
 * Counts a try if there may be one ($1 the key, $2 how many are free), and answers with 0, or with the seconds until there
 * may be. What is further ahead than it can be was stored before the clock stepped back.
 */
const COUNT = `
  WITH counted AS (
    INSERT INTO failed_sign_ins AS failed (key, tries, tat) VALUES ($1, 1, clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET tries = ${TRIES}, tat = clock_timestamp() + ${WAIT}
      WHERE failed.tat NOT BETWEEN clock_timestamp() AND clock_timestamp() + ${LONGEST_WAIT_S} * interval '1 second'
    RETURNING 1
  )
  SELECT CASE WHEN EXISTS (SELECT FROM counted) THEN 0 ELSE coalesce((
    SELECT greatest(1, ceil(extract(epoch FROM tat - clock_timestamp()))) FROM failed_sign_ins WHERE key = $1
  ), 1) END::float8 AS "waitS"`;
