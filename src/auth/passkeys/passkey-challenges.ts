import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { ApiError } from '../../http/api-error.js';
import { networkOf } from '../request-limits.js';

/** How long a browser may ask the person, in milliseconds. A challenge lasts a minute longer. */
export const ASKING_MS = 300_000;
const LIFETIME = `interval '${ASKING_MS + 60_000} ms'`;

/** How many one network may have at once. Beyond that its oldest are forgotten. */
const MOST = 1_000;

/** What a challenge is made for. */
interface Asked {
  readonly purpose: 'add' | 'sign-in';
  /** Who alone may answer it; undefined for anybody. */
  readonly userId?: string | undefined;
  /** Of a passkey that is to be added. */
  readonly userHandle?: string | undefined;
}

/** Random values that a passkey signs, each once, soon, and for what it was made for. */
@Injectable()
export class PasskeyChallenges {
  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'passkey_challenges', old: 'expires_at < now()' });
  }

  /** @param address from which it is asked for */
  async make({ purpose, userId, userHandle }: Asked, address: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const challenge = new Uint8Array(randomBytes(32));
    await this.database.query(
      `WITH too_many AS (
         DELETE FROM passkey_challenges WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM passkey_challenges WHERE network = $4 ORDER BY created_at DESC OFFSET ${MOST - 1})))
       INSERT INTO passkey_challenges (hash, purpose, user_id, network, user_handle, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + ${LIFETIME})`,
      [hashOf(challenge), purpose, userId ?? null, networkOf(address ?? ''), userHandle ?? null],
    );
    return challenge;
  }

  /**
   * Uses a challenge up, whatever comes of it.
   * @param challenge in base64url
   * @returns whom and what it was made for
   * @throws ApiError 409 `PASSKEY_CHALLENGE_INVALID` for one that was used before, is too old, was made for something or
   * somebody else, or never
   */
  async use({ purpose, userId }: Asked, challenge: string) {
    const [row] = await this.database.query<{ userId: string | null; userHandle: string | null; lasts: boolean }>(
      `DELETE FROM passkey_challenges WHERE hash = $1 AND purpose = $2 AND ($3::text IS NULL OR user_id = $3)
       RETURNING user_id AS "userId", user_handle AS "userHandle", expires_at > now() AS lasts`,
      [hashOf(Buffer.from(challenge, 'base64url')), purpose, userId ?? null],
    );
    if (row?.lasts) return row;
    throw new ApiError(
      409,
      'PASSKEY_CHALLENGE_INVALID',
      'This answer of a passkey was used already, or came too late. Begin again.',
    );
  }
}

function hashOf(challenge: Uint8Array): Buffer {
  return createHash('sha256').update(challenge).digest();
}
