import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { usernameKey } from '../accounts/usernames.js';
import { COMMAND_LINE } from '../command-line.js';
import { isOperator } from '../is-operator.js';
import { Sessions } from '../sessions/sessions.js';

/** A person as administrators see them: who they are and how they come in, and nothing of what they have here. */
export interface Person {
  readonly userId: string;
  /** Null for people of another issuer who have not said it. */
  readonly name: string | null;
  /** `password`, `passkey`, `oidc`, `demo`, or `token` for people of another issuer. */
  readonly ways: readonly string[];
  readonly createdAt: Date;
  /** A day of UTC, such as `2026-11-20`; null before the first request. */
  readonly lastSeen: string | null;
  readonly lockedAt: Date | null;
  /** Of people of another issuer, as they were seen last. */
  readonly admin: boolean;
}

/** Where the next page of the list begins. */
export interface PersonPosition {
  readonly createdAt: string;
  readonly userId: string;
}

/** Records an act in its own transaction. */
export type Note = (tx: Transaction) => Promise<void>;

/** What administrators know of the people here, and whom they let in. */
@Injectable()
export class People {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
  ) {}

  /** Newest first. `search` is a part of a name or id, in large or small letters. */
  list({
    search = '',
    after,
    limit,
  }: {
    readonly search?: string | undefined;
    readonly after?: PersonPosition | undefined;
    readonly limit: number;
  }): Promise<(Person & { readonly position: string })[]> {
    return this.database.query(
      `SELECT ${PERSON}, to_char(users.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS position FROM ${PEOPLE}
       WHERE ${SHOWN} AND ($1::timestamptz IS NULL OR (users.created_at, users.id) < ($1, $2))
         AND ($3 = '' OR $4 <> '' AND strpos(username_key, $4) > 0 OR strpos(lower(users.id), lower($3)) > 0
           OR (accounts.user_id IS NULL AND strpos(lower(display_name), lower($3)) > 0))
       ORDER BY users.created_at DESC, users.id DESC LIMIT $5`,
      [after?.createdAt ?? null, after?.userId ?? null, search, usernameKey(search), limit],
    );
  }

  /**
   * Keeps somebody out of everything, and ends all their sessions; nothing of theirs is deleted. A second time it changes
   * nothing.
   * @param by who does it
   * @throws ApiError 404 `USER_NOT_FOUND`, 409 `CANNOT_LOCK_YOURSELF`, 409 `LAST_ADMINISTRATOR`
   */
  lock(userId: string, by: string, note: Note): Promise<Person> {
    return this.database.transaction(async (tx) => {
      // One after the other: two administrators who lock each other at the same time would leave none.
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('locks of administrators'))`);
      const { admin } = await this.find(tx, userId);
      if (userId === by) {
        throw new ApiError(409, 'CANNOT_LOCK_YOURSELF', 'You cannot lock yourself. Another administrator can.');
      }
      if (admin && !(await this.isThereAnotherAdmin(tx, userId))) {
        throw new ApiError(
          409,
          'LAST_ADMINISTRATOR',
          'This is the last administrator. Invite another one first: npm run cli -- accounts invite --admin',
        );
      }
      await tx.query('UPDATE users SET locked_at = coalesce(locked_at, now()) WHERE id = $1', [userId]);
      await this.sessions.endOthers(tx, userId, undefined);
      await note(tx);
      return this.find(tx, userId);
    });
  }

  /** Lets somebody in again, with a new sign-in. @throws ApiError 404 as above */
  unlock(userId: string, note: Note): Promise<Person> {
    return this.database.transaction(async (tx) => {
      await this.find(tx, userId);
      await tx.query('UPDATE users SET locked_at = NULL WHERE id = $1', [userId]);
      // One may have begun just when they were locked.
      await this.sessions.endOthers(tx, userId, undefined);
      await note(tx);
      return this.find(tx, userId);
    });
  }

  /**
   * Ends all sessions of somebody, who may sign in again.
   * @returns how many there were
   * @throws ApiError 404 as above
   */
  signOut(userId: string, note: Note): Promise<number> {
    return this.database.transaction(async (tx) => {
      await this.find(tx, userId);
      const ended = await this.sessions.endOthers(tx, userId, undefined);
      await note(tx);
      return ended;
    });
  }

  private async find(tx: Transaction, userId: string): Promise<Person> {
    const [row] = await tx.query<Person>(`SELECT ${PERSON} FROM ${PEOPLE} WHERE ${SHOWN} AND users.id = $1`, [userId]);
    if (!row) throw new ApiError(404, 'USER_NOT_FOUND', 'There is nobody with this id.');
    return row;
  }

  private async isThereAnotherAdmin(tx: Transaction, userId: string): Promise<boolean> {
    const rows = await tx.query(
      `SELECT FROM ${PEOPLE} WHERE ${SHOWN} AND ${IS_ADMIN} AND locked_at IS NULL AND users.id <> $1 LIMIT 1`,
      [userId],
    );
    return rows.length > 0;
  }
}

const PEOPLE = 'users LEFT JOIN accounts ON accounts.user_id = users.id';

/** The command line is nobody, and whose account is being deleted is as good as gone. */
const SHOWN = `users.id <> '${COMMAND_LINE}' AND erasing_at IS NULL`;

const IS_ADMIN = `(seen_as_admin OR ${isOperator('users.id')})`;

/** The ways in, each with what somebody has who can take it. */
const WAYS = [
  ['password', 'accounts.user_id IS NOT NULL'],
  ['passkey', 'EXISTS (SELECT FROM passkeys WHERE user_id = users.id)'],
  ['oidc', 'EXISTS (SELECT FROM identities WHERE user_id = users.id)'],
  ['demo', `starts_with(users.id, 'demo:')`],
  ['token', `accounts.user_id IS NULL AND users.id !~ '^(local|oidc|demo):'`],
].map(([way, condition]) => `CASE WHEN ${condition} THEN '${way}' END`);

const PERSON = `users.id AS "userId", coalesce(username, display_name) AS name,
  array_remove(ARRAY[${WAYS.join(', ')}], NULL) AS ways, users.created_at AS "createdAt", seen_on::text AS "lastSeen",
  locked_at AS "lockedAt", ${IS_ADMIN} AS admin`;
