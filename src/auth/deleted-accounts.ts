import { Injectable } from '@nestjs/common';
import { MachineryDatabase } from '../database/database.js';
import { accountHash } from './users.js';

/** How long before the last look a deletion may have begun that was not yet committed then. */
const OVERLAP = `interval '30 seconds'`;

/** How long a deletion is reported: somebody may have been admitted right before it, and have come in right after it. */
const REPORTED_MS = 5_000;

/**
 * Whether somebody who has come in with a token must leave, because the account was deleted after it was issued.
 * @param issuedAt in milliseconds since 1970; a token of unknown age counts as older
 */
export type MustLeave = (userId: string, issuedAt: number | undefined) => boolean;

/** Finds the accounts that were deleted lately, at any process, for what stays open longer than a request. */
@Injectable()
export class DeletedAccounts {
  /** The database's time of the last look. */
  private lookedAt: Date | undefined;
  /** When each deletion was found, by `performance.now()`. */
  private found = new Map<string, number>();

  constructor(private readonly database: MachineryDatabase) {}

  /** Undefined while there is nobody who must leave. */
  async look(): Promise<MustLeave | undefined> {
    const rows = await this.database.query<{ now: Date; hash: string | null; deletedAt: Date | null }>(LATELY, [
      this.lookedAt ?? null,
    ]);
    this.lookedAt = rows[0]?.now;
    const now = performance.now();
    const found = new Map<string, number>();
    const reported = new Map<string, number>();
    for (const { hash, deletedAt } of rows) {
      if (hash === null || deletedAt === null) continue;
      const deletion = `${hash} ${deletedAt.getTime()}`;
      const since = this.found.get(deletion) ?? now;
      found.set(deletion, since);
      if (now - since < REPORTED_MS) reported.set(hash, deletedAt.getTime());
    }
    this.found = found;
    if (reported.size === 0) return undefined;
    return (userId, issuedAt) => {
      const deletedAt = reported.get(accountHash(userId).toString('hex'));
      return deletedAt !== undefined && (issuedAt === undefined || issuedAt <= deletedAt);
    };
  }
}

const LATELY = `SELECT now() AS now, encode(user_hash, 'hex') AS hash, deleted_at AS "deletedAt"
  FROM (SELECT 1) AS once LEFT JOIN deleted_accounts ON deleted_at > coalesce($1::timestamptz, now()) - ${OVERLAP}`;
