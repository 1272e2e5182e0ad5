import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import type { Transaction } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { relyingPartyOf } from './passkeys/relying-party.js';

/** How people of this server come in: whatever is taken away, one way has to be left. */
@Injectable()
export class WaysIn {
  constructor(@InjectConfig() private readonly config: Config) {}

  /** So that of two requests at the same time the second one counts what the first has left. */
  async lock(tx: Transaction, userId: string): Promise<void> {
    await tx.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
  }

  /**
   * Refuses what has taken the last one away. Identities of a provider that is no longer that of this server let nobody in, and where there are no passkeys these neither.
   * @throws ApiError 409 `LAST_WAY_IN`, which takes the transaction back
   */
  async requireOne(tx: Transaction, userId: string): Promise<void> {
    const left = await tx.query(
      `SELECT FROM accounts WHERE user_id = $1
       UNION ALL SELECT FROM identities WHERE user_id = $1 AND rtrim(issuer, '/') = rtrim($2, '/')
       UNION ALL SELECT FROM passkeys WHERE user_id = $1 AND $3`,
      [userId, this.config.oidc?.issuer ?? '', relyingPartyOf(this.config) !== undefined],
    );
    if (left.length > 0) return;
    throw new ApiError(409, 'LAST_WAY_IN', 'This is your only way in. Add another one before you take it away.');
  }
}
