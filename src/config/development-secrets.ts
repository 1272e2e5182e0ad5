import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.js';

/** A key that seals tokens; its id is stored with each sealed token. */
export interface EncryptionKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Settings with all secrets that the process needs. */
export type CompleteConfig = Config & { readonly encryptionKeys: readonly EncryptionKey[] };

/**
 * Fills in the secrets that development may leave unset: random ones, kept in the data folder so that tokens and
 * connections survive a restart. Production must set its own (see `parseConfig`).
 */
export function withDevelopmentSecrets(config: Config): CompleteConfig {
  if (config.production || config.role === 'sandbox') return { ...config, encryptionKeys: config.encryptionKeys ?? [] };
  const { jwt, encryptionKeys, dataDir } = config;
  return {
    ...config,
    jwt: jwt.secret || jwt.jwksUrl ? jwt : { ...jwt, secret: keptSecret(dataDir, 'jwt-secret') },
    encryptionKeys: encryptionKeys ?? [
      { id: 'development', key: Buffer.from(keptSecret(dataDir, 'token-encryption-key'), 'base64') },
    ],
  };
}

/** Reads a secret from the data folder; the first call creates it (32 random bytes in base64, file mode for the owner only). */
function keptSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (existsSync(path)) return readFileSync(path, 'utf8');
  // Written to another file and linked, so that a process starting at the same moment cannot read half a secret.
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, randomBytes(32).toString('base64'), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // Errors of node:fs carry a code.
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8');
}
