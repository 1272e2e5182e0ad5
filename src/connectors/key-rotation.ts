import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { ConnectionRows, type SealedTokens } from './connection-rows.js';
import { SealedSecretError, TokenVault, type SecretPlace } from './token-vault.js';

/** Connections of one step, which is one transaction: few, so that its locks are short. */
const CHUNK = 100;

/** The last connection of a step, after which the next one continues. */
export type RotationPosition = readonly [userId: string, platform: string];

/** The result of one step. */
export interface RotationStep {
  /** Secrets that were sealed with the current key. */
  readonly rotated: number;
  /** Secrets that could not be opened, by key id: the key is missing, or they are damaged. They stay as they are. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** Undefined after the last connection. */
  readonly next: RotationPosition | undefined;
}

/**
 * Seals stored tokens with the current key, so that older keys can be removed. It can be interrupted and repeated at any
 * time, because tokens under the current key are left alone. Meanwhile tokens can be read, because all keys open, and
 * refreshed, because a refresh compares the row's `token_number` and not its sealed text.
 */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRows,
    private readonly vault: TokenVault,
  ) {}

  /** The current key, and how many stored tokens each key has sealed. */
  async show(): Promise<{ current: string; secrets: Record<string, number> }> {
    const rows = await this.database.query<{ id: string; count: number }>(
      `SELECT split_part(token, '.', 1) AS id, count(*) AS count
       FROM connections, LATERAL (VALUES (access_token), (refresh_token)) AS tokens (token)
       WHERE token IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    return {
      current: this.vault.currentKey,
      secrets: Object.fromEntries(rows.map(({ id, count }) => [id, count])),
    };
  }

  /** Seals the next connections after a position. The PKCE verifiers of attempts are left out: they live ten minutes. */
  step(after: RotationPosition | undefined): Promise<RotationStep> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<SealedTokens>(
        `SELECT user_id AS "userId", platform, access_token AS "accessToken", refresh_token AS "refreshToken" FROM connections
         WHERE (split_part(access_token, '.', 1) <> $1 OR split_part(refresh_token, '.', 1) <> $1)
           AND ($2::text IS NULL OR (user_id, platform) > ($2, $3))
         ORDER BY user_id, platform LIMIT ${CHUNK} FOR UPDATE`,
        [this.vault.currentKey, after?.[0] ?? null, after?.[1] ?? null],
      );
      const result = await this.reseal(tx, rows);
      const last = rows.length === CHUNK ? rows.at(-1) : undefined;
      return { ...result, next: last && ([last.userId, last.platform] as const) };
    });
  }

  private async reseal(tx: Transaction, rows: readonly SealedTokens[]): Promise<Omit<RotationStep, 'next'>> {
    let rotated = 0;
    const unreadable: Record<string, number> = {};
    const resealed = (sealed: string | null, place: SecretPlace): string | null => {
      if (sealed === null || sealed.startsWith(`${this.vault.currentKey}.`)) return sealed;
      try {
        const secret = this.vault.open(sealed, place);
        rotated += 1;
        return this.vault.seal(secret, place);
      } catch (error) {
        if (!(error instanceof SealedSecretError)) throw error;
        unreadable[error.keyId] = (unreadable[error.keyId] ?? 0) + 1;
        return sealed;
      }
    };
    const sealed = rows.map(({ userId, platform, accessToken, refreshToken }) => ({
      userId,
      platform,
      accessToken: resealed(accessToken, { userId, platform, field: 'access_token' }),
      refreshToken: resealed(refreshToken, { userId, platform, field: 'refresh_token' }),
    }));
    await this.connections.reseal(tx, sealed);
    return { rotated, unreadable };
  }
}
