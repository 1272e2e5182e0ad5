import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database, type Transaction } from '../../database/database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { ApiError } from '../../http/api-error.js';

const LIFETIME = `interval '1 hour'`;

/** Invitations to make an account: each works once and for an hour. */
@Injectable()
export class Invitations {
  constructor(
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'invitations', old: 'expires_at < now()' });
  }

  /** @returns a link with the invitation behind its `#`, so that it is in no log and no `Referer` */
  async make(
    database: Pick<Transaction, 'query'>,
    { admin }: { readonly admin: boolean },
  ): Promise<{ url: string; admin: boolean; expiresAt: Date }> {
    if (this.config.signUp === 'off') {
      throw new ApiError(409, 'SIGN_UP_OFF', 'Nobody can make an account here. Set SIGN_UP=invite first.');
    }
    const secret = randomBytes(32).toString('base64url');
    const [row] = await database.query<{ expiresAt: Date }>(
      `INSERT INTO invitations (hash, admin, expires_at) VALUES ($1, $2, now() + ${LIFETIME}) RETURNING expires_at AS "expiresAt"`,
      [hashOf(secret), admin],
    );
    if (!row) throw new Error('The invitation was not stored');
    return { url: `${this.config.publicUrl}/#invitation=${secret}`, admin, expiresAt: row.expiresAt };
  }

  /** @throws ApiError 403 `INVITATION_INVALID` when it cannot be used */
  async check(secret: string): Promise<void> {
    const rows = await this.database.query(`SELECT FROM invitations WHERE hash = $1 AND ${USABLE}`, [hashOf(secret)]);
    if (rows.length === 0) throw invitationInvalid();
  }

  /**
   * Uses it up when the transaction commits.
   * @throws ApiError as above
   */
  async use(tx: Transaction, secret: string): Promise<{ readonly admin: boolean }> {
    const [row] = await tx.query<{ admin: boolean }>(
      `UPDATE invitations SET used_at = now() WHERE hash = $1 AND ${USABLE} RETURNING admin`,
      [hashOf(secret)],
    );
    if (!row) throw invitationInvalid();
    return row;
  }
}

/** The same for one that was used, is too old, or never was. */
export function invitationInvalid(): ApiError {
  return new ApiError(
    403,
    'INVITATION_INVALID',
    'To make an account here you need an invitation that was not used yet and is not older than an hour. Ask for a new one.',
  );
}

const USABLE = 'used_at IS NULL AND expires_at > now()';

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
