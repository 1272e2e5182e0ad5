import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { ApiError } from '../http/api-error.js';
import { Connect } from './connect.entity.js';
import { TokenVault } from './token-vault.js';

/** A connect must be ended within this time. */
export const CONNECT_LIFETIME_MS = 600_000;

/** Who ends a connect: the browser that began it, or a program with the user's own bearer token. */
export type Ender = { readonly browserSecrets: readonly string[] } | { readonly userId: string };

/** A connect whose state has been used up by this caller. */
export interface ConsumedConnect {
  readonly id: string;
  readonly userId: string;
  readonly redirectUri: string;
  readonly returnTo: string;
  readonly verifier: string;
}

/** The rows of running connects. A state is 256 random bits, stored as a hash, and works once. */
@Injectable()
export class Connects {
  constructor(
    private readonly database: Database,
    private readonly vault: TokenVault,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'connects', old: `expires_at < now() - interval '1 day'` });
  }

  /** Begins a connect; `browserSecret` is given when the same browser must end it. */
  async begin(connect: {
    readonly userId: string;
    readonly platform: string;
    readonly redirectUri: string;
    readonly returnTo: string;
    readonly verifier: string;
    readonly browserSecret: string | undefined;
  }): Promise<{ id: string; state: string; expiresAt: Date }> {
    const id = uuidv7();
    const state = randomBytes(32).toString('base64url');
    const { userId, platform, redirectUri, returnTo, verifier, browserSecret } = connect;
    const [row] = await this.database.query<{ expiresAt: Date }>(
      `INSERT INTO connects (id, user_id, platform, state_hash, browser_hash, verifier, redirect_uri, return_to, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + ${CONNECT_LIFETIME_MS} * interval '1 ms') RETURNING expires_at AS "expiresAt"`,
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
   * Uses a state up. Of any number of callers with the same state exactly one gets the connect.
   * @throws ApiError `CONNECT_STATE_INVALID`, `CONNECT_EXPIRED`, `CONNECT_WRONG_BROWSER`, 409 `CONNECT_ALREADY_COMPLETED`
   */
  async consume(platform: string, state: string, ender: Ender): Promise<ConsumedConnect> {
    const byUser = 'userId' in ender;
    const [row] = await this.database.query<ConsumedConnect>(
      `WITH mine AS (
         SELECT id, verifier FROM connects
         WHERE state_hash = $1 AND platform = $2 AND status = 'pending' AND expires_at > now()
           AND ${byUser ? 'user_id = $3' : 'browser_hash = ANY($3)'}
         FOR UPDATE
       )
       UPDATE connects SET status = 'exchanging', verifier = NULL FROM mine WHERE connects.id = mine.id
       RETURNING connects.id, user_id AS "userId", redirect_uri AS "redirectUri", return_to AS "returnTo", mine.verifier`,
      [hash(state), platform, byUser ? ender.userId : ender.browserSecrets.map(hash)],
    );
    if (!row) throw await this.whyNot(platform, state, ender);
    return { ...row, verifier: this.vault.open(row.verifier, { userId: row.userId, platform, field: 'verifier' }) };
  }

  /** Notes in the transaction of its success that a connect succeeded. */
  succeed(tx: Transaction, id: string, jobId: string): void {
    tx.withCommit(`UPDATE connects SET status = 'connected', job_id = $2 WHERE id = $1`, [id, jobId]);
  }

  /** Notes how a connect ended when it did not succeed. */
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

  /** Undefined also for another user's. */
  async find(id: string, userId: string): Promise<Connect | undefined> {
    return (await this.database.repository(Connect).findOneBy({ id, userId })) ?? undefined;
  }

  private async whyNot(platform: string, state: string, ender: Ender): Promise<ApiError> {
    const found = await this.database.repository(Connect).findOneBy({ stateHash: hash(state) });
    const foreign =
      found !== null && (found.platform !== platform || ('userId' in ender && found.userId !== ender.userId));
    if (!found || foreign)
      return new ApiError(
        400,
        'CONNECT_STATE_INVALID',
        'This answer belongs to no connect of yours; start connecting anew.',
      );
    if (found.status !== 'pending')
      return new ApiError(
        409,
        'CONNECT_ALREADY_COMPLETED',
        'This connect has already been completed; nothing more is to do.',
      );
    if (found.expiresAt <= new Date())
      return new ApiError(400, 'CONNECT_EXPIRED', 'Connecting took longer than ten minutes; start anew.');
    return new ApiError(400, 'CONNECT_WRONG_BROWSER', 'Finish connecting in the browser in which you began.');
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
