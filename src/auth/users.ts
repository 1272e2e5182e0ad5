import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { ApiError } from '../http/api-error.js';
import { accountLocked } from './account-locked.js';
import type { Identity } from './tokens.js';
import { User } from './user.entity.js';

/** What of a token admits its owner. */
type AdmittedBy = Pick<Identity, 'userId' | 'premium' | 'issuedAt'> & Partial<Pick<Identity, 'admin'>>;

/** Seconds after which it is worth asking again whether a deletion has ended. */
const RETRY_AFTER_S = 5;

/** The rows of users, and the marks of deleted accounts. */
@Injectable()
export class Users {
  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'idempotency_keys', old: `created_at < now() - interval '1 day'` });
  }

  /**
   * Admits the owner of a valid token: creates their row on first sight, copies the plan from the token, and notes the day.
   * It asks the database every time, because another process may have just deleted or locked the account.
   * @throws ApiError 401 `ACCOUNT_DELETED` for a token from before the deletion, or of unknown age; 409 `ERASURE_RUNNING`
   * for a newer one until everything is deleted; 403 `ACCOUNT_LOCKED`
   */
  async admit(identity: AdmittedBy): Promise<void> {
    if (await this.enter(identity)) {
      throw new ApiError(
        409,
        'ERASURE_RUNNING',
        'This account is still being deleted. Sign in again when that has ended.',
        {
          retryAfter: RETRY_AFTER_S,
        },
      );
    }
  }

  /**
   * Admits as well whose account is being deleted, with a token of any age.
   * @returns whether it is
   */
  async admitToWatch(identity: AdmittedBy): Promise<boolean> {
    return this.enter(identity, { oldTokens: true });
  }

  /** @throws ApiError 401 `ACCOUNT_DELETED` when the account was deleted after the token was issued; nothing otherwise */
  async refuseDeleted({ userId, issuedAt }: AdmittedBy): Promise<void> {
    const parameters = [userId, accountHash(userId), issuedAt ?? null];
    const rows = await this.database
      .query(`SELECT $1::text AS id WHERE EXISTS (${DELETED_SINCE})`, parameters)
      .catch(() => []); // Whoever asks has an error of their own.
    if (rows.length > 0) throw accountDeleted();
  }

  /**
   * Locks the row of an account that is to be deleted, until the transaction ends: what others add to the account waits,
   * and finds the account gone or marked.
   * @throws ApiError 401 `ACCOUNT_DELETED` when another request has deleted it
   */
  async lockToErase(tx: Transaction, id: string): Promise<void> {
    const [row] = await tx.query<{ erasing: boolean }>(
      'SELECT erasing_at IS NOT NULL AS erasing FROM users WHERE id = $1 FOR UPDATE',
      [id],
    );
    if (!row || row.erasing) throw accountDeleted();
  }

  /** Marks an account as deleted, so that nothing is added to it, and revokes all older tokens and the one issued then. */
  async beginErasure(tx: Transaction, id: string, issuedAt?: Date): Promise<void> {
    await tx.query('UPDATE users SET erasing_at = now() WHERE id = $1', [id]);
    await tx.query(
      `INSERT INTO deleted_accounts (user_hash, deleted_at) VALUES ($1, greatest(clock_timestamp(), $2::timestamptz))
       ON CONFLICT (user_hash) DO UPDATE SET deleted_at = excluded.deleted_at`,
      [accountHash(id), issuedAt ?? null],
    );
  }

  /** Deletes the row. This must be the last statement of the transaction. */
  async erase(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM users WHERE id = $1', [id]);
  }

  /**
   * Adds somebody whom no token has shown before.
   * @param displayName undefined where nobody has told it
   */
  async add(
    tx: Transaction,
    {
      id,
      displayName,
      timeZone,
    }: { readonly id: string; readonly displayName: string | undefined; readonly timeZone?: string | undefined },
  ): Promise<void> {
    await tx.query('INSERT INTO users (id, display_name, time_zone) VALUES ($1, $2, $3)', [
      id,
      displayName ?? null,
      timeZone ?? null,
    ]);
  }

  find(id: string): Promise<User> {
    return this.database.withRepository(User, (users) => users.findOneByOrFail({ id }));
  }

  /** Changes the given settings only. */
  async update(
    id: string,
    changes: {
      readonly displayName?: string | null | undefined;
      readonly timeZone?: string | null | undefined;
      readonly sensitiveTopics?: boolean | undefined;
    },
  ): Promise<User> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0) await this.database.withRepository(User, (users) => users.update({ id }, given));
    return this.find(id);
  }

  /** @returns whether the account is being deleted */
  private async enter(
    { userId, premium, issuedAt, admin = false }: AdmittedBy,
    { oldTokens = false }: { readonly oldTokens?: boolean } = {},
  ): Promise<boolean> {
    const hash = accountHash(userId);
    const [row] = await this.database.query<{
      premium: boolean | null;
      seen: boolean | null;
      locked: boolean;
      erasing: boolean;
      deleted: boolean;
    }>(
      `SELECT users.premium, seen_on = ${TODAY} AND (seen_as_admin OR NOT $4) AS seen, locked_at IS NOT NULL AS locked,
         users.erasing_at IS NOT NULL AS erasing, EXISTS (${DELETED_SINCE}) AS deleted
       FROM (SELECT $1::text AS id) AS given LEFT JOIN users USING (id)`,
      [userId, hash, issuedAt ?? null, admin],
    );
    const erasing = row?.erasing ?? false;
    if (row?.deleted && !(erasing && oldTokens)) throw accountDeleted();
    if (row?.locked) throw accountLocked();
    if (erasing || (row?.premium === premium && row.seen)) return erasing;
    if (row && row.premium !== null) {
      await this.database.query(SEE, [userId, premium, admin]);
      return false;
    }
    await this.database.query(
      `INSERT INTO users (id, premium, seen_on, seen_as_admin) SELECT $1, $4, ${TODAY}, $5 WHERE NOT EXISTS (${DELETED_SINCE})
       ON CONFLICT (id) DO NOTHING`,
      [userId, hash, issuedAt ?? null, premium, admin],
    );
    return false;
  }
}

function accountDeleted(): ApiError {
  return new ApiError(401, 'ACCOUNT_DELETED', 'This account was deleted. Sign in again to start a new one.');
}

const TODAY = `(now() AT TIME ZONE 'UTC')::date`;

/** Who comes in as an administrator and not, on the same day, is one. */
const SEE = `UPDATE users SET premium = $2, seen_as_admin = $3 OR (seen_as_admin AND seen_on = ${TODAY}), seen_on = ${TODAY}
  WHERE id = $1`;

/** Whether the account with hash $2 was deleted after its token was issued ($3); a token of unknown age counts as older. */
const DELETED_SINCE = `SELECT FROM deleted_accounts WHERE user_hash = $2 AND ($3::timestamptz IS NULL OR $3 <= deleted_at)`;

/** What is kept of a deleted account: enough to refuse older tokens, and nothing about whom they were for. */
export function accountHash(userId: string): Buffer {
  return createHash('sha256').update(userId).digest();
}
