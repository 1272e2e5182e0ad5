import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../../database/database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { ApiError } from '../../http/api-error.js';
import { accountLocked } from '../account-locked.js';
import type { Identity } from '../tokens.js';

/** How long a session lasts without being used, and at most. */
const IDLE = `interval '30 days'`;
export const SESSION_LIFETIME_MS = 180 * 86_400_000;
const LIFETIME = `interval '${SESSION_LIFETIME_MS} ms'`;

/** How long after a sign-in somebody may do what cannot be undone, or lets others in. */
export const RECENT_MS = 600_000;
const RECENT = `interval '${RECENT_MS} ms'`;

/** How exactly it is known when a session was last used. */
const SEEN_EVERY = `interval '5 minutes'`;

/** How many one person may have. Beyond that those end that were used longest ago. */
const MOST = 100;

/** How many this process remembers to have seen; the oldest are forgotten. */
const REMEMBERED = 10_000;

/** A session as its owner sees it. */
export interface ShownSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

/** How somebody came in with an OpenID provider. */
export interface ProvenElsewhere {
  readonly identityId: string;
  /** The provider's name for the sign-in there (`sid`). */
  readonly providerSession: string | undefined;
  /** When the provider saw the person: only that makes a sign-in recent. */
  readonly authenticatedAt: Date;
}

/** Sign-ins that last: a random secret in a cookie, of which the hash is stored. A sign-in always begins a new one. */
@Injectable()
export class Sessions {
  /** Hashes of those that this process has begun or seen. */
  private readonly known = new Set<string>();

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'sessions', old: `ended_at < now() - interval '1 day' OR NOT (${LASTS})` });
  }

  /**
   * Begins a session.
   * @param replaced the secret of the one that the browser had until now, which ends
   * @param proven where it was not this server that the person showed who they are
   * @returns the secret
   * @throws ApiError 403 `ACCOUNT_LOCKED`, whatever the person has shown
   */
  async begin(
    tx: Transaction,
    { userId, admin }: { readonly userId: string; readonly admin: boolean },
    replaced?: string,
    proven?: ProvenElsewhere,
  ): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    const begun = await tx.query(BEGIN, [
      uuidv7(),
      userId,
      hashOf(secret),
      admin,
      replaced === undefined ? null : hashOf(replaced),
      proven?.identityId ?? null,
      proven?.providerSession ?? null,
      proven?.authenticatedAt ?? null,
    ]);
    if (begun.length === 0) throw accountLocked();
    tx.afterCommit(() => this.remember(secret));
    return secret;
  }

  /** Whether a secret has stood for a session before, in this process. */
  isKnown(secret: string): boolean {
    return this.known.has(hashOf(secret).toString('base64'));
  }

  /** @throws ApiError 401 `UNAUTHORIZED`, or 403 `ACCOUNT_LOCKED` where that has ended it */
  async verify(secret: string): Promise<Identity> {
    const [row] = await this.database.query<{
      id: string;
      userId: string;
      admin: boolean;
      premium: boolean;
      createdAt: Date;
      recent: boolean;
      unseen: boolean;
    }>(
      `SELECT sessions.id, user_id AS "userId", admin, premium, sessions.created_at AS "createdAt",
         least(sessions.created_at, authenticated_at) > now() - ${RECENT} AS recent, last_seen_at < now() - ${SEEN_EVERY} AS unseen
       FROM sessions JOIN users ON users.id = user_id
       WHERE hash = $1 AND ended_at IS NULL AND ${LASTS}`,
      [hashOf(secret)],
    );
    if (!row) {
      if (await this.isOfLocked(secret)) throw accountLocked();
      throw new ApiError(401, 'UNAUTHORIZED', 'You are not signed in any more. Sign in again.');
    }
    this.remember(secret);
    const { id, userId, admin, premium, createdAt, recent, unseen } = row;
    if (unseen) await this.database.query('UPDATE sessions SET last_seen_at = now() WHERE id = $1', [id]);
    return {
      userId,
      admin,
      premium,
      tokenId: undefined,
      issuedAt: createdAt,
      expiresAt: new Date(createdAt.getTime() + SESSION_LIFETIME_MS),
      session: { id, recent },
    };
  }

  /** Those that last, the one used last first. */
  list(userId: string): Promise<ShownSession[]> {
    return this.database.query(
      `SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt" FROM sessions
       WHERE user_id = $1 AND ended_at IS NULL AND ${LASTS} ORDER BY last_seen_at DESC, id DESC`,
      [userId],
    );
  }

  /** @returns whether the person had it */
  async end(userId: string, id: string): Promise<boolean> {
    const rows = await this.database.query(
      'UPDATE sessions SET ended_at = now() WHERE user_id = $1 AND id = $2 AND ended_at IS NULL RETURNING 1',
      [userId, id],
    );
    return rows.length > 0;
  }

  /**
   * Ends all of a person's, but for one.
   * @returns how many
   */
  async endOthers(database: Pick<Transaction, 'query'>, userId: string, kept: string | undefined): Promise<number> {
    const rows = await database.query(
      'UPDATE sessions SET ended_at = now() WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL RETURNING 1',
      [userId, kept ?? null],
    );
    return rows.length;
  }

  /** Ends the one of a cookie, if it stands for one. */
  async endWith(database: Pick<Transaction, 'query'>, secret: string): Promise<void> {
    await database.query('UPDATE sessions SET ended_at = now() WHERE hash = $1 AND ended_at IS NULL', [hashOf(secret)]);
  }

  private async isOfLocked(secret: string): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT FROM sessions JOIN users ON users.id = user_id WHERE hash = $1 AND locked_at IS NOT NULL',
      [hashOf(secret)],
    );
    return rows.length > 0;
  }

  private remember(secret: string): void {
    this.known.add(hashOf(secret).toString('base64'));
    if (this.known.size > REMEMBERED) this.known.delete(this.known.values().next().value ?? '');
  }
}

/** The new one ($1 to $4, and $6 to $8) takes the place of another ($5), and of the one used longest ago where there are too many. */
const BEGIN = `
  WITH begun AS (
      INSERT INTO sessions (id, user_id, hash, admin, identity_id, provider_session, authenticated_at)
      SELECT $1, id, $3, $4, $6, $7, $8 FROM users WHERE id = $2 AND locked_at IS NULL RETURNING 1
    ), ended AS (
      UPDATE sessions SET ended_at = now() WHERE id IN (
        SELECT id FROM sessions WHERE hash = $5 AND ended_at IS NULL
        UNION ALL (
          SELECT id FROM sessions WHERE user_id = $2 AND ended_at IS NULL AND hash IS DISTINCT FROM $5
          ORDER BY last_seen_at DESC, id DESC OFFSET ${MOST - 1}))
    )
  SELECT FROM begun`;

/** SQL for whether a session that nobody has ended is not over. */
export const LASTS = `last_seen_at > now() - ${IDLE} AND sessions.created_at > now() - ${LIFETIME}`;

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
