import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { WaysIn } from '../ways-in.js';
import type { ProvenPerson } from './person-claims.js';

/** How many one person may have. */
const MOST = 20;

/** Who somebody here is at a provider. */
export interface KnownIdentity {
  readonly id: string;
  readonly userId: string;
  /** An operator by invitation. */
  readonly admin: boolean;
}

/** The same as its owner sees it. */
export interface ShownIdentity {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

type Name = Pick<ProvenPerson, 'issuer' | 'subject'>;

/** The rows of `identities`, and the sessions that were begun with them. */
@Injectable()
export class Identities {
  constructor(
    private readonly database: Database,
    private readonly waysIn: WaysIn,
  ) {}

  /** Undefined for somebody who was never here. Who else would change the same identity waits until the transaction ends. */
  async find(tx: Transaction, { issuer, subject }: Name): Promise<KnownIdentity | undefined> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('identity ' || $1 || ' ' || $2, 0))`, [
      issuer,
      subject,
    ]);
    const [row] = await tx.query<KnownIdentity>(
      'SELECT id, user_id AS "userId", admin FROM identities WHERE issuer = $1 AND subject = $2 FOR UPDATE',
      [issuer, subject],
    );
    return row;
  }

  /**
   * Adds one that `find` has not found.
   * @throws ApiError 409 `TOO_MANY_IDENTITIES`
   */
  async add(tx: Transaction, userId: string, { issuer, subject }: Name, admin: boolean): Promise<KnownIdentity> {
    const id = uuidv7();
    const rows = await tx.query(
      `INSERT INTO identities (id, user_id, issuer, subject, admin) SELECT $1, $2, $3, $4, $5
       WHERE (SELECT count(*) FROM identities WHERE user_id = $2) < ${MOST} RETURNING 1`,
      [id, userId, issuer, subject, admin],
    );
    if (rows.length === 0) {
      throw new ApiError(409, 'TOO_MANY_IDENTITIES', `You can have ${MOST} identities. Take one away first.`);
    }
    return { id, userId, admin };
  }

  async noteUse(tx: Transaction, id: string): Promise<void> {
    await tx.query('UPDATE identities SET last_used_at = now() WHERE id = $1', [id]);
  }

  /** The one added first comes first. */
  list(userId: string): Promise<ShownIdentity[]> {
    return this.database.query(
      `SELECT id, issuer, subject, created_at AS "createdAt", last_used_at AS "lastUsedAt" FROM identities
       WHERE user_id = $1 ORDER BY id`,
      [userId],
    );
  }

  /**
   * Takes one away, as long as its owner can come in in another way, and ends the sessions that were begun with it.
   * @returns the ids of these sessions
   * @throws ApiError 404 `IDENTITY_NOT_FOUND`, 409 `LAST_WAY_IN`
   */
  async remove(tx: Transaction, userId: string, id: string): Promise<string[]> {
    await this.waysIn.lock(tx, userId);
    // A sign-in with it that is under way has begun its session before this, or finds nobody after it.
    const mine = await tx.query('SELECT FROM identities WHERE user_id = $1 AND id = $2 FOR UPDATE', [userId, id]);
    if (mine.length === 0) throw identityNotFound();
    const ended = await this.endSessions(tx, id);
    await tx.query('DELETE FROM identities WHERE id = $1', [id]);
    await this.waysIn.requireOne(tx, userId);
    return ended;
  }

  /**
   * Ends sessions that were begun with an identity.
   * @param only those of one sign-in at the provider, or those of operators
   * @returns their ids
   */
  async endSessions(
    tx: Transaction,
    id: string,
    only: { readonly providerSession?: string | undefined; readonly admins?: boolean } = {},
  ): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `UPDATE sessions SET ended_at = now()
       WHERE identity_id = $1 AND ended_at IS NULL AND ($2::text IS NULL OR provider_session = $2) AND (admin OR NOT $3)
       RETURNING id`,
      [id, only.providerSession ?? null, only.admins ?? false],
    );
    return rows.map((row) => row.id);
  }

  /** Ends the sessions of one sign-in at the provider, whoever's it is. */
  async endProviderSession(tx: Transaction, issuer: string, providerSession: string): Promise<void> {
    await tx.query(
      `UPDATE sessions SET ended_at = now() FROM identities
       WHERE identity_id = identities.id AND issuer = $1 AND provider_session = $2 AND ended_at IS NULL`,
      [issuer, providerSession],
    );
  }

  /** The owner of a session that lasts. */
  async ownerOf(tx: Transaction, sessionId: string | null): Promise<string | undefined> {
    const [row] = await tx.query<{ userId: string }>(
      'SELECT user_id AS "userId" FROM sessions WHERE id = $1 AND ended_at IS NULL FOR UPDATE',
      [sessionId],
    );
    return row?.userId;
  }

  /** Ends the session in whose place another one begins. */
  async endSession(tx: Transaction, sessionId: string | null): Promise<void> {
    await tx.query('UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL', [sessionId]);
  }

  /**
   * What of an account there is under an id whose identity is not known.
   * @returns undefined where there is none
   */
  async accountUnder(tx: Transaction, userId: string): Promise<{ readonly erasing: boolean } | undefined> {
    const [row] = await tx.query<{ erasing: boolean }>(
      'SELECT erasing_at IS NOT NULL AS erasing FROM users WHERE id = $1',
      [userId],
    );
    return row;
  }
}

export function identityNotFound(): ApiError {
  return new ApiError(404, 'IDENTITY_NOT_FOUND', 'You have no such identity.');
}
