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
    const [row] = await this.database.query<{ waitS: number }>(COUNT, [
      keyOfNetwork(address),
      keyOfAccount(usernameKey),
    ]);
    const waitS = row?.waitS ?? 1;
    if (waitS === 0) return;
    throw new ApiError(429, 'TOO_MANY_TRIES', 'Too many tries to sign in failed. Wait for the time in Retry-After.', {
      retryAfter: waitS,
    });
  }

  /** The last one counted was right. It also ends the waits of its account, but not those of a network that guesses. */
  async forget(usernameKey: string, address: string | undefined): Promise<void> {
    // The network is locked before the account, as it is where tries are counted.
    await this.database.query(
      `WITH network AS (
         UPDATE failed_sign_ins SET tries = greatest(0, tries - 1), tat = clock_timestamp() WHERE key = $1 RETURNING 1
       )
       DELETE FROM failed_sign_ins WHERE key = $2 AND (SELECT count(*) FROM network) >= 0`,
      [keyOfNetwork(address), keyOfAccount(usernameKey)],
    );
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

/** The wait after a try, when so many were free. */
const waitAfter = (free: number) => `CASE WHEN ${TRIES} < ${free} THEN interval '0'
  ELSE least(${FIRST_WAIT_S} * power(2, least(${TRIES} - ${free}, 20)), ${LONGEST_WAIT_S}) * interval '1 second' END`;

/**
 * Counts a try of what `row` selects, if there may be one. What is further ahead than it can be was stored before the clock
 * stepped back.
 */
const counted = (row: string, free: number) => `
  INSERT INTO failed_sign_ins AS failed (key, tries, tat) ${row}
  ON CONFLICT (key) DO UPDATE SET tries = ${TRIES}, tat = clock_timestamp() + ${waitAfter(free)}
    WHERE failed.tat NOT BETWEEN clock_timestamp() AND clock_timestamp() + ${LONGEST_WAIT_S} * interval '1 second'
  RETURNING 1`;

/**
 * Counts a try at the network ($1), and if there may be one from there at the account ($2); answers with 0, or with the
 * seconds until there may be.
 */
const COUNT = `
  WITH network AS (${counted('VALUES ($1, 1, clock_timestamp())', FREE.network)}),
    account AS (${counted('SELECT $2, 1, clock_timestamp() FROM network', FREE.account)})
  SELECT CASE WHEN EXISTS (SELECT FROM account) THEN 0 ELSE coalesce((
    SELECT greatest(1, ceil(extract(epoch FROM tat - clock_timestamp()))) FROM failed_sign_ins
    WHERE key = CASE WHEN EXISTS (SELECT FROM network) THEN $2 ELSE $1 END
  ), 1) END::float8 AS "waitS"`;
