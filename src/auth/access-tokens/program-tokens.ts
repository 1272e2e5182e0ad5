import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database } from '../../database/database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { ApiError } from '../../http/api-error.js';
import { isOperator } from '../is-operator.js';
import { isForAdministrators, type Scope } from '../scopes.js';
import type { Identity } from '../tokens.js';
import { isWellFormed, newToken, tokenHash } from './token-format.js';

/** How many one person may have. */
const MOST = 50;

/** How many this process remembers to have seen; the oldest are forgotten. */
const REMEMBERED = 10_000;

/** A token as its owner sees it. */
export interface ShownToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  /** Null for one without an end. */
  readonly expiresAt: Date | null;
  /** UTC day, and family of the address, of the last use; null before the first. */
  readonly lastUse: { readonly day: string; readonly family: string } | null;
}

/** What a person grants a program. */
export interface Grant {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | undefined;
}

/** Tokens that people make for programs. Each opens what its scopes say, until it is ended. Of a token only the hash is stored. */
@Injectable()
export class ProgramTokens {
  /** Hashes of those that this process has seen. */
  private readonly known = new Set<string>();

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({
      table: 'access_tokens',
      old: `ended_at < now() - interval '1 day' OR expires_at < now() - interval '30 days'`,
    });
  }

  /**
   * @returns the token, which nobody can read again
   * @throws ApiError 403 `SCOPE_NOT_YOURS` for what only administrators can grant, 409 `TOO_MANY_TOKENS`
   */
  async make(
    userId: string,
    { name, scopes, expiresAt }: Grant,
  ): Promise<{ readonly id: string; readonly token: string }> {
    const forAdministrators = scopes.find(isForAdministrators);
    if (forAdministrators !== undefined && !(await this.isAdministrator(userId))) {
      throw new ApiError(403, 'SCOPE_NOT_YOURS', `Only administrators can grant the scope ${forAdministrators}.`, {
        details: { scope: forAdministrators },
      });
    }
    const id = uuidv7();
    const token = newToken();
    await this.database.transaction(async (tx) => {
      // One after the other, so that they can be counted.
      await tx.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
      const added = await tx.query(
        `INSERT INTO access_tokens (id, user_id, name, scopes, hash, expires_at) SELECT $1, $2, $3, $4, $5, $6
         WHERE (SELECT count(*) FROM access_tokens WHERE user_id = $2 AND ${LASTS}) < ${MOST} RETURNING 1`,
        [id, userId, name, scopes, tokenHash(token), expiresAt ?? null],
      );
      if (added.length === 0) {
        throw new ApiError(
          409,
          'TOO_MANY_TOKENS',
          `You have ${MOST} tokens already. End one that is not needed any more.`,
        );
      }
    });
    return { id, token };
  }

  /** Whether a token has let somebody in before, in this process. */
  isKnown(token: string): boolean {
    return this.known.has(tokenHash(token).toString('base64'));
  }

  /**
   * What only administrators can grant counts as long as the owner is one. The identity is not that of an administrator:
   * where a route asks for such a scope, it becomes one.
   * @param address of the network that it comes from
   * @throws ApiError 401 `TOKEN_EXPIRED`, or `UNAUTHORIZED` when it was ended or never was
   */
  async verify(token: string, address: string | undefined): Promise<Identity> {
    if (!isWellFormed(token)) throw unknownToken();
    const hash = tokenHash(token);
    const family = familyOf(address);
    const [row] = await this.database.query<UsedToken>(USED, [hash, family]);
    if (!row) throw unknownToken();
    const { id, name, userId, premium, isAdministrator, createdAt, expiresAt, expired, isNewUse } = row;
    if (expired) {
      throw new ApiError(401, 'TOKEN_EXPIRED', 'The token has expired. Its owner can make a new one.');
    }
    this.remember(hash);
    if (isNewUse) {
      await this.database.query(
        `UPDATE access_tokens SET last_used_on = ${TODAY}, last_used_from = coalesce($2, last_used_from) WHERE id = $1`,
        [id, family],
      );
    }
    const scopes = row.scopes.filter((scope) => isAdministrator || !isForAdministrators(scope));
    return {
      userId,
      admin: false,
      premium,
      tokenId: undefined,
      issuedAt: createdAt,
      expiresAt: expiresAt ?? undefined,
      program: { id, name, scopes: new Set(scopes) },
    };
  }

  /** Those that last, the newest first. */
  async list(userId: string): Promise<ShownToken[]> {
    const rows = await this.database.query<Omit<ShownToken, 'lastUse'> & { day: string | null; family: string | null }>(
      `SELECT id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
         to_char(last_used_on, 'YYYY-MM-DD') AS day, last_used_from AS family
       FROM access_tokens WHERE user_id = $1 AND ${LASTS} ORDER BY id DESC`,
      [userId],
    );
    return rows.map(({ day, family, ...token }) => ({
      ...token,
      lastUse: day === null ? null : { day, family: family ?? 'unknown' },
    }));
  }

  /** It ends at once, and with it the sockets that it has opened. @returns whether the person had it */
  async end(userId: string, id: string): Promise<boolean> {
    const rows = await this.database.query(
      'UPDATE access_tokens SET ended_at = now() WHERE user_id = $1 AND id = $2 AND ended_at IS NULL RETURNING 1',
      [userId, id],
    );
    return rows.length > 0;
  }

  /** Whether somebody is an operator now, whatever their session says. */
  async isAdministrator(userId: string): Promise<boolean> {
    const rows = await this.database.query(`SELECT WHERE ${isOperator('$1')}`, [userId]);
    return rows.length > 0;
  }

  private remember(hash: Buffer): void {
    this.known.add(hash.toString('base64'));
    if (this.known.size > REMEMBERED) this.known.delete(this.known.values().next().value ?? '');
  }
}

/** A token that was sent, and whom it stands for. */
interface UsedToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly userId: string;
  readonly premium: boolean;
  readonly isAdministrator: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly expired: boolean;
  /** Whether the day or the family of the last use is another. */
  readonly isNewUse: boolean;
}

const LASTS = '(ended_at IS NULL AND (expires_at IS NULL OR expires_at > now()))';

/** In UTC. */
const TODAY = `(now() AT TIME ZONE 'UTC')::date`;

const USED = `SELECT token.id, token.name, token.scopes, token.user_id AS "userId", users.premium,
    ${isOperator('token.user_id')} AS "isAdministrator", token.created_at AS "createdAt", token.expires_at AS "expiresAt",
    coalesce(token.expires_at <= now(), false) AS expired,
    token.last_used_on IS DISTINCT FROM ${TODAY} OR token.last_used_from <> $2::text IS TRUE AS "isNewUse"
  FROM access_tokens AS token JOIN users ON users.id = token.user_id
  WHERE token.hash = $1 AND token.ended_at IS NULL`;

function unknownToken(): ApiError {
  return new ApiError(401, 'UNAUTHORIZED', 'There is no such token, or it was ended. Its owner can make a new one.');
}

function familyOf(address: string | undefined): string | null {
  if (address === undefined) return null;
  return isIPv6(address) && !address.startsWith('::ffff:') ? 'IPv6' : 'IPv4';
}
