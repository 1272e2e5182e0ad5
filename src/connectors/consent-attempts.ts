import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { ApiError } from '../http/api-error.js';
import { ConsentAttempt } from './consent-attempt.entity.js';
import { TokenVault } from './token-vault.js';

/** An attempt must be completed within this time. */
export const ATTEMPT_LIFETIME_MS = 600_000;

/**
 * Who completes an attempt: the browser that began it, with the secrets of the attempts that it began by their ids, or a
 * program with the user's own bearer token.
 */
export type Completer = { readonly browserSecrets: ReadonlyMap<string, string> } | { readonly userId: string };

/** An attempt whose state this caller has used up. */
export interface ConsumedAttempt {
  readonly id: string;
  readonly userId: string;
  readonly redirectUri: string;
  readonly returnTo: string;
  readonly verifier: string;
}

/** The rows of `connects`, one for each attempt. A state is 256 random bits, stored as a hash, and works once. */
@Injectable()
export class ConsentAttempts {
  constructor(
    private readonly database: Database,
    private readonly vault: TokenVault,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'connects', old: `expires_at < now() - interval '1 day'` });
  }

  /** Begins an attempt. With a `browserSecret` only a browser that sends it can complete the attempt. */
  async begin(attempt: {
    readonly userId: string;
    readonly platform: string;
    readonly redirectUri: string;
    readonly returnTo: string;
    readonly verifier: string;
    readonly browserSecret: string | undefined;
  }): Promise<{ id: string; state: string; expiresAt: Date }> {
    const id = uuidv7();
    const state = randomBytes(32).toString('base64url');
    const { userId, platform, redirectUri, returnTo, verifier, browserSecret } = attempt;
    const [row] = await this.database.query<{ expiresAt: Date }>(
      `INSERT INTO connects (id, user_id, platform, state_hash, browser_hash, verifier, redirect_uri, return_to, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + ${ATTEMPT_LIFETIME_MS} * interval '1 ms') RETURNING expires_at AS "expiresAt"`,
      [
        id,
        userId,
        platform,
        hash(state),
        browserSecret === undefined ? null : hash(browserSecret),
        this.vault.seal(verifier, { userId, platform, field: 'verifier' }),
        redirectUri,
        returnTo,
      ],
    );
    if (!row) throw new Error('INSERT returned no row');
    return { id, state, expiresAt: row.expiresAt };
  }

  /**
   * Uses a state up. Of all callers with the same state exactly one gets the attempt.
   * @throws ApiError `CONNECT_STATE_INVALID`, `CONNECT_EXPIRED`, `CONNECT_WRONG_BROWSER`, 409 `CONNECT_ALREADY_COMPLETED`
   */
  async consume(platform: string, state: string, completer: Completer): Promise<ConsumedAttempt> {
    const byUser = 'userId' in completer;
    const secrets = byUser ? [] : [...completer.browserSecrets].filter(([id]) => z.uuid().safeParse(id).success);
    const [row] = await this.database.query<ConsumedAttempt>(
      `WITH mine AS (
         SELECT id, verifier FROM connects
         WHERE state_hash = $1 AND platform = $2 AND status = 'pending' AND expires_at > now()
           AND ${byUser ? 'user_id = $3' : '(id, browser_hash) IN (SELECT * FROM unnest($3::uuid[], $4::bytea[]))'}
         FOR UPDATE
       )
       UPDATE connects SET status = 'exchanging', verifier = NULL FROM mine WHERE connects.id = mine.id
       RETURNING connects.id, user_id AS "userId", redirect_uri AS "redirectUri", return_to AS "returnTo", mine.verifier`,
      [
        hash(state),
        platform,
        ...(byUser ? [completer.userId] : [secrets.map(([id]) => id), secrets.map(([, secret]) => hash(secret))]),
      ],
    );
    if (!row) throw await this.whyNot(platform, state, completer);
    return { ...row, verifier: this.vault.open(row.verifier, { userId: row.userId, platform, field: 'verifier' }) };
  }

  /** Stores that an attempt succeeded, in the transaction that stores the connection. */
  succeed(tx: Transaction, id: string, jobId: string): void {
    tx.withCommit(`UPDATE connects SET status = 'connected', job_id = $2 WHERE id = $1`, [id, jobId]);
  }

  /** Stores why an attempt did not succeed. */
  async end(
    id: string,
    status: 'denied' | 'failed',
    error: { readonly code: string; readonly message: string },
  ): Promise<void> {
    await this.database.query('UPDATE connects SET status = $2, error_code = $3, error_message = $4 WHERE id = $1', [
      id,
      status,
      error.code,
      error.message,
    ]);
  }

  /** Undefined for an unknown id and for another user's attempt. */
  async find(id: string, userId: string): Promise<ConsentAttempt | undefined> {
    return (
      (await this.database.withRepository(ConsentAttempt, (attempts) => attempts.findOneBy({ id, userId }))) ??
      undefined
    );
  }

  private async whyNot(platform: string, state: string, completer: Completer): Promise<ApiError> {
    const found = await this.database.withRepository(ConsentAttempt, (attempts) =>
      attempts.findOneBy({ stateHash: hash(state) }),
    );
    const foreign =
      found !== null && (found.platform !== platform || ('userId' in completer && found.userId !== completer.userId));
    if (!found || foreign) {
      return new ApiError(400, 'CONNECT_STATE_INVALID', 'Connection attempt not found. Start connecting again.');
    }
    if (found.status !== 'pending') {
      return new ApiError(409, 'CONNECT_ALREADY_COMPLETED', 'This connection attempt has already been completed.');
    }
    if (found.expiresAt <= new Date()) {
      return new ApiError(400, 'CONNECT_EXPIRED', 'Connecting took longer than ten minutes. Start again.');
    }
    return new ApiError(400, 'CONNECT_WRONG_BROWSER', 'Finish connecting in the browser in which you started.');
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
