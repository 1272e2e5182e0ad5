import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectConfig } from '../config/config.module.js';
import type { CompleteConfig, EncryptionKey } from '../config/development-secrets.js';

/** The row and column of a secret. They are authenticated with it, so that it cannot be moved to another place. */
export interface SecretPlace {
  readonly userId: string;
  readonly platform: string;
  readonly field: 'access_token' | 'refresh_token' | 'verifier';
}

/** Thrown for a secret that cannot be opened: its key is missing, or it was changed or moved. */
export class SealedSecretError extends Error {
  override readonly name = 'SealedSecretError';
  readonly code = 'SECRET_UNREADABLE';

  constructor(
    message: string,
    /** The id of the key that sealed it. */
    readonly keyId: string,
  ) {
    super(message);
  }
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals tokens with AES-256-GCM (NIST SP 800-38D): a fresh 96-bit IV each, a 128-bit tag, and the place as additional
 * data. The first key seals, every key opens. The sealed text: `<key id>.<iv>.<ciphertext>.<tag>` in base64url.
 */
@Injectable()
export class TokenVault {
  private readonly keys: ReadonlyMap<string, EncryptionKey>;
  private readonly current: EncryptionKey;

  constructor(@InjectConfig() config: CompleteConfig) {
    const [first] = config.encryptionKeys;
    if (!first) throw new Error('No encryption key is configured');
    this.current = first;
    this.keys = new Map(config.encryptionKeys.map((key) => [key.id, key]));
  }

  /** The id of the key that seals. */
  get currentKey(): string {
    return this.current.id;
  }

  seal(secret: string, place: SecretPlace): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.current.key, iv, { authTagLength: TAG_BYTES }).setAAD(
      additionalData(place),
    );
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return [this.current.id, ...[iv, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
  }

  /** @throws SealedSecretError with the id of the key, never the content */
  open(text: string, place: SecretPlace): string {
    const [id = '', ...encoded] = text.split('.');
    const key = this.keys.get(id);
    if (!key) {
      throw new SealedSecretError(
        `The key "${id}" that sealed this ${place.field} is not in TOKEN_ENCRYPTION_KEYS`,
        id,
      );
    }
    const [iv, sealed, tag] = encoded.map((part) => Buffer.from(part, 'base64url'));
    if (!iv || !sealed || tag?.length !== TAG_BYTES) {
      throw new SealedSecretError(`The stored ${place.field} is damaged`, id);
    }
    try {
      const decipher = createDecipheriv(ALGORITHM, key.key, iv, { authTagLength: TAG_BYTES })
        .setAAD(additionalData(place))
        .setAuthTag(tag);
      return decipher.update(sealed, undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new SealedSecretError(
        `The stored ${place.field} was changed, moved, or sealed with another key named "${id}"`,
        id,
      );
    }
  }
}

function additionalData({ userId, platform, field }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([userId, platform, field]), 'utf8');
}
