import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { ConnectionRows, type SealedTokens } from './connection-rows.js';
import { SealedSecretError, TokenVault, type SecretPlace } from './token-vault.js';

/** Connections sealed anew in one transaction: so few that nobody waits for them for long. */
const CHUNK = 100;

/** The connection after which to go on. */
export type RotationPosition = readonly [userId: string, platform: string];

/** What one step did. */
export interface RotationStep {
  /** Secrets sealed anew. */
  readonly rotated: number;
  /** Secrets that could not be opened, by the key they name: it is missing, or they were damaged. They stay as they are. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** Undefined when all connections have been looked at. */
  readonly next: RotationPosition | undefined;
}

/**
 * Seals stored tokens anew with the current key, so that older keys can be dropped. It may be broken off and begun again
 * at any time: what is sealed with the current key is left alone. Reads go on, because every key opens; refreshes too,
 * because the row's number and not its sealed text tells them whether somebody was faster.
 */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRows,
    private readonly vault: TokenVault,
  ) {}

  /** The key that seals, and how many stored tokens each key has sealed. */
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

  /** The next connections after a position. Verifiers of running connects need nothing: they live ten minutes. */
  step(after: RotationPosition | undefined): Promise<RotationStep> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<SealedTokens>(
        `SELECT user_id AS "userId", platform, access_token AS "accessToken", refresh_token AS "refreshToken" FROM connections
         WHERE (split_part(access_token, '.', 1) <> $1 OR split_part(refresh_token, '.', 1) <> $1)
           AND ($2::text IS NULL OR (user_id, platform) > ($2, $3))
         ORDER BY user_id, platform LIMIT ${CHUNK} FOR UPDATE`,
        [this.vault.currentKey, after?.[0] ?? null, after?.[1] ?? null],
      );
      const result = await this.sealAnew(tx, rows);
      const last = rows.length === CHUNK ? rows.at(-1) : undefined;
      return { ...result, next: last && ([last.userId, last.platform] as const) };
    });
  }

  private async sealAnew(tx: Transaction, rows: readonly SealedTokens[]): Promise<Omit<RotationStep, 'next'>> {
    let rotated = 0;
    const unreadable: Record<string, number> = {};
    const anew = (sealed: string | null, place: SecretPlace): string | null => {
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
      accessToken: anew(accessToken, { userId, platform, field: 'access_token' }),
      refreshToken: anew(refreshToken, { userId, platform, field: 'refresh_token' }),
    }));
    await this.connections.reseal(tx, sealed);
    return { rotated, unreadable };
  }
}
