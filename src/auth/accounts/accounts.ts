import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../database/database.js';
import { isOperatorForGood } from '../is-operator.js';
import { recoveryCodeHash } from './recovery-codes.js';
import { usernameKey } from './usernames.js';

/** What is needed to check a password. */
export interface KnownAccount {
  readonly userId: string;
  readonly passwordHash: string;
}

/** What the last sign-in of an account has found. */
export interface SignedInAccount {
  readonly admin: boolean;
  /** How many tries had failed since the sign-in before. */
  readonly failedTries: number;
}

/** The rows of accounts and of their recovery codes. Names are given by their key. */
@Injectable()
export class Accounts {
  constructor(private readonly database: Database) {}

  async find(key: string): Promise<KnownAccount | undefined> {
    const [row] = await this.database.query<KnownAccount>(
      'SELECT user_id AS "userId", password_hash AS "passwordHash" FROM accounts WHERE username_key = $1',
      [key],
    );
    return row;
  }

  /** Undefined for somebody who signs in in another way. */
  async usernameOf(userId: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ username: string }>('SELECT username FROM accounts WHERE user_id = $1', [
      userId,
    ]);
    return row?.username;
  }

  /** Whether somebody is an operator, whatever the provider says of them. */
  async isOperator(tx: Transaction, userId: string): Promise<boolean> {
    const rows = await tx.query(`SELECT WHERE ${isOperatorForGood('$1')}`, [userId]);
    return rows.length > 0;
  }

  /** @returns false when somebody else has the name */
  async add(
    tx: Transaction,
    account: {
      readonly userId: string;
      readonly username: string;
      readonly passwordHash: string;
      readonly admin: boolean;
      readonly recoveryCodes: readonly string[];
    },
  ): Promise<boolean> {
    const { userId, username, passwordHash, admin, recoveryCodes } = account;
    const added = await tx.query(
      `INSERT INTO accounts (user_id, username, username_key, password_hash, admin) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (username_key) DO NOTHING RETURNING 1`,
      [userId, username, usernameKey(username), passwordHash, admin],
    );
    if (added.length === 0) return false;
    await tx.query(`INSERT INTO recovery_codes (user_id, hash) SELECT $1, decode(unnest($2::text[]), 'hex')`, [
      userId,
      recoveryCodes.map((code) => recoveryCodeHash(code).toString('hex')),
    ]);
    return true;
  }

  /** @returns false for somebody who has none */
  async changePassword(tx: Transaction, userId: string, passwordHash: string): Promise<boolean> {
    const rows = await tx.query('UPDATE accounts SET password_hash = $2 WHERE user_id = $1 RETURNING 1', [
      userId,
      passwordHash,
    ]);
    return rows.length > 0;
  }

  /**
   * Uses up a recovery code.
   * @returns the owner; undefined when the account has no such code
   */
  async useRecoveryCode(tx: Transaction, key: string, typed: string): Promise<string | undefined> {
    const [row] = await tx.query<{ userId: string }>(
      `DELETE FROM recovery_codes USING accounts
       WHERE recovery_codes.user_id = accounts.user_id AND username_key = $1 AND hash = $2
       RETURNING accounts.user_id AS "userId"`,
      [key, recoveryCodeHash(typed)],
    );
    return row?.userId;
  }

  /** How many codes an account has left. */
  async recoveryCodesLeft(tx: Transaction, userId: string): Promise<number> {
    const [row] = await tx.query<{ count: number }>('SELECT count(*) AS count FROM recovery_codes WHERE user_id = $1', [
      userId,
    ]);
    return row?.count ?? 0;
  }

  async noteFailure(key: string): Promise<void> {
    await this.database.query('UPDATE accounts SET failed_tries = failed_tries + 1 WHERE username_key = $1', [key]);
  }

  /**
   * Notes that somebody has shown who they are.
   * @returns undefined when the account was deleted meanwhile
   */
  async noteSignIn(tx: Transaction, userId: string): Promise<SignedInAccount | undefined> {
    const [row] = await tx.query<SignedInAccount>(
      `UPDATE accounts SET failed_tries = 0 FROM (SELECT failed_tries FROM accounts WHERE user_id = $1 FOR UPDATE) AS before
       WHERE user_id = $1 RETURNING accounts.admin, before.failed_tries AS "failedTries"`,
      [userId],
    );
    return row;
  }
}
