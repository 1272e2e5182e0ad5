import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { WaysIn } from '../ways-in.js';

/** How many one person may have. */
const MOST = 20;

/** What is known of a credential when it is added (WebAuthn Level 3, section 4, "Credential Record"). */
export interface NewPasskey {
  readonly userId: string;
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly userHandle: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly name: string;
}

/** What is needed to check an answer. */
export interface KnownPasskey {
  readonly id: string;
  readonly userId: string;
  readonly publicKey: Buffer;
  readonly userHandle: string;
}

/** A passkey as its owner sees it. */
export interface ShownPasskey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** Whether it is kept on more than one device. */
  readonly backedUp: boolean;
}

const SHOWN = `id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", backed_up AS "backedUp"`;

/** The rows of passkeys. */
@Injectable()
export class Passkeys {
  constructor(
    private readonly database: Database,
    private readonly waysIn: WaysIn,
  ) {}

  /** The oldest first. */
  list(userId: string): Promise<ShownPasskey[]> {
    return this.database.query(`SELECT ${SHOWN} FROM passkeys WHERE user_id = $1 ORDER BY id`, [userId]);
  }

  /** What browsers are told of a person's, so that they ask for these, or add none of them again. */
  credentialsOf(userId: string): Promise<{ id: string; transports: string[]; userHandle: string }[]> {
    return this.database.query(
      `SELECT credential_id AS id, transports, user_handle AS "userHandle" FROM passkeys WHERE user_id = $1 ORDER BY id`,
      [userId],
    );
  }

  async find(credentialId: string): Promise<KnownPasskey | undefined> {
    const [row] = await this.database.query<KnownPasskey>(
      `SELECT id, user_id AS "userId", public_key AS "publicKey", user_handle AS "userHandle"
       FROM passkeys WHERE credential_id = $1`,
      [credentialId],
    );
    return row;
  }

  /** @throws ApiError 409 `TOO_MANY_PASSKEYS`, or `PASSKEY_KNOWN` for one that is somebody's already */
  add(passkey: NewPasskey): Promise<ShownPasskey> {
    const { userId, credentialId, publicKey, userHandle, counter, transports } = passkey;
    const { backupEligible, backedUp, name } = passkey;
    return this.database.transaction(async (tx) => {
      await this.waysIn.lock(tx, userId);
      await this.refuseTooMany(userId, tx);
      const [added] = await tx.query<ShownPasskey>(
        `INSERT INTO passkeys (id, user_id, credential_id, public_key, user_handle, counter, transports, backup_eligible, backed_up, name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (credential_id) DO NOTHING RETURNING ${SHOWN}`,
        [
          uuidv7(),
          userId,
          credentialId,
          Buffer.from(publicKey),
          userHandle,
          counter,
          transports,
          backupEligible,
          backedUp,
          name,
        ],
      );
      if (!added) throw new ApiError(409, 'PASSKEY_KNOWN', 'This passkey was added before.');
      return added;
    });
  }

  /** @throws ApiError 409 `TOO_MANY_PASSKEYS` */
  async refuseTooMany(userId: string, tx: Pick<Transaction, 'query'> = this.database): Promise<void> {
    const [row] = await tx.query<{ count: number }>('SELECT count(*) AS count FROM passkeys WHERE user_id = $1', [
      userId,
    ]);
    if ((row?.count ?? 0) < MOST) return;
    throw new ApiError(409, 'TOO_MANY_PASSKEYS', `You have ${MOST} passkeys, and cannot have more. Remove one first.`);
  }

  /** @returns undefined when the person has no such passkey */
  async rename(userId: string, id: string, name: string): Promise<ShownPasskey | undefined> {
    const [row] = await this.database.query<ShownPasskey>(
      `UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2 RETURNING ${SHOWN}`,
      [userId, id, name],
    );
    return row;
  }

  /**
   * @returns whether the person had it
   * @throws ApiError 409 `LAST_WAY_IN`
   */
  remove(userId: string, id: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      await this.waysIn.lock(tx, userId);
      const removed = await tx.query('DELETE FROM passkeys WHERE user_id = $1 AND id = $2 RETURNING 1', [userId, id]);
      if (removed.length > 0) await this.waysIn.requireOne(tx, userId);
      return removed.length > 0;
    });
  }

  /**
   * Notes that a passkey has signed.
   * @returns false where its counter did not go on, so that there may be a copy of it (WebAuthn Level 3, section 6.1.1);
   * undefined where it was removed meanwhile
   */
  async noteUse(
    tx: Transaction,
    id: string,
    { counter, backedUp }: Pick<NewPasskey, 'counter' | 'backedUp'>,
  ): Promise<boolean | undefined> {
    const [before] = await tx.query<{ counter: number }>('SELECT counter FROM passkeys WHERE id = $1 FOR UPDATE', [id]);
    if (!before) return undefined;
    if (counter <= before.counter && counter + before.counter > 0) return false; // Some do not count: 0 each time.
    await tx.query('UPDATE passkeys SET counter = $2, backed_up = $3, last_used_at = now() WHERE id = $1', [
      id,
      counter,
      backedUp,
    ]);
    return true;
  }
}
