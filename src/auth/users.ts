import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { ApiError } from '../http/api-error.js';
import type { Identity } from './tokens.js';
import { User } from './user.entity.js';

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
   * Admits the owner of a valid token: creates their row on first sight and copies the plan from the token. It asks the
   * database every time, because another process may have just deleted the account.
   * @throws ApiError 401 `ACCOUNT_DELETED` for a token from before the deletion, or of unknown age
   */
  async admit({ userId, premium, issuedAt }: Pick<Identity, 'userId' | 'premium' | 'issuedAt'>): Promise<void> {
    const hash = hashOf(userId);
    const [row] = await this.database.query<{ premium: boolean | null; deleted: boolean }>(
      `SELECT (SELECT premium FROM users WHERE id = $1) AS premium, EXISTS (${DELETED_SINCE}) AS deleted`,
      [userId, hash, issuedAt ?? null],
    );
    if (row?.deleted) {
      throw new ApiError(401, 'ACCOUNT_DELETED', 'This account was deleted. Sign in again to start a new one.');
    }
    if (row?.premium === premium) return;
    await this.database.query(
      `INSERT INTO users (id, premium) SELECT $1, $4 WHERE NOT EXISTS (${DELETED_SINCE})
       ON CONFLICT (id) DO UPDATE SET premium = excluded.premium WHERE users.premium <> excluded.premium`,
      [userId, hash, issuedAt ?? null, premium],
    );
  }

  /** Deletes the row and revokes all older tokens. These must be the last statements of the transaction. */
  async erase(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM users WHERE id = $1', [id]);
    await tx.query(
      `INSERT INTO deleted_accounts (user_hash, deleted_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (user_hash) DO UPDATE SET deleted_at = excluded.deleted_at`,
      [hashOf(id)],
    );
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
}

/** Whether the account with hash $2 was deleted after its token was issued ($3); a token of unknown age counts as older. */
const DELETED_SINCE = `SELECT FROM deleted_accounts WHERE user_hash = $2 AND ($3::timestamptz IS NULL OR $3 <= deleted_at)`;

function hashOf(userId: string): Buffer {
  return createHash('sha256').update(userId).digest();
}
