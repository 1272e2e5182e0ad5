import '../../test/support/own-data-folder.js';
import fc from 'fast-check';
import type { CompleteConfig } from '../config/development-secrets.js';
import { SealedSecretError, TokenVault, type SecretPlace } from './token-vault.js';

const key = (id: string, byte: number) => ({ id, key: Buffer.alloc(32, byte) });
const vaultWith = (...encryptionKeys: { id: string; key: Buffer }[]) =>
  new TokenVault({ encryptionKeys } as unknown as CompleteConfig);

const HOME: SecretPlace = { userId: 'ana', platform: 'spotify', field: 'access_token' };

describe('The token vault', () => {
  const vault = vaultWith(key('k1', 1));

  it('gives back any secret that was sealed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 3_000 }),
        fc.string({ unit: 'grapheme' }),
        (secret, userId) => {
          const place = { ...HOME, userId };
          expect(vault.open(vault.seal(secret, place), place)).toBe(secret);
        },
      ),
    );
  });

  it('seals the same secret otherwise each time, and shows nothing of it but its length', () => {
    const sealed = Array.from({ length: 200 }, () => vault.seal('a-very-secret-token', HOME));
    expect(new Set(sealed).size).toBe(200);
    const ivs = sealed.map((text) => text.split('.')[1]);
    expect(new Set(ivs).size).toBe(200);
    for (const text of sealed) {
      expect(text).toMatch(/^k1\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
      expect(text).not.toContain('secret');
      expect(Buffer.from(text.split('.')[2]!, 'base64url').toString()).not.toContain('secret');
    }
  });

  it.each<[string, SecretPlace]>([
    ['user', { ...HOME, userId: 'bo' }],
    ['platform', { ...HOME, platform: 'github' }],
    ['field', { ...HOME, field: 'refresh_token' }],
  ])('does not open a secret that was moved to another %s', (_, elsewhere) => {
    const sealed = vault.seal('secret', HOME);
    expect(() => vault.open(sealed, elsewhere)).toThrow(SealedSecretError);
    expect(vault.open(sealed, HOME)).toBe('secret');
  });

  it('does not take two places for one, however their names are cut', () => {
    const sealed = vault.seal('secret', { ...HOME, userId: 'a', platform: 'b","c' });
    expect(() => vault.open(sealed, { ...HOME, userId: 'a","b', platform: 'c' })).toThrow(SealedSecretError);
  });

  it('does not open a secret of which a single bit was changed, wherever', () => {
    const secret = 'secret-token';
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3), fc.nat(), (part, n) => {
        const parts = vault.seal(secret, HOME).split('.');
        const bytes = Buffer.from(parts[part]!, 'base64url');
        const bit = n % (bytes.length * 8);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        parts[part] = bytes.toString('base64url');
        expect(() => vault.open(parts.join('.'), HOME)).toThrow(SealedSecretError);
      }),
      { numRuns: 500 },
    );
  });

  it('opens nothing that it did not seal, and says no more than where it was', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => vault.open(text, HOME)).toThrow(SealedSecretError);
        expect(() => vault.open(`k1.${text}`, HOME)).toThrow(SealedSecretError);
      }),
    );
  });

  it('does not accept a shortened tag', () => {
    const [id, iv, sealed, tag] = vault.seal('secret', HOME).split('.');
    for (const length of [4, 8, 12, 15]) {
      const short = Buffer.from(tag!, 'base64url').subarray(0, length).toString('base64url');
      expect(() => vault.open([id, iv, sealed, short].join('.'), HOME)).toThrow(SealedSecretError);
    }
  });

  it('names the key that is missing', () => {
    const sealed = vaultWith(key('lost-2023', 9)).seal('secret', HOME);
    expect(() => vault.open(sealed, HOME)).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE', message: expect.stringContaining('"lost-2023"') }),
    );
  });

  it('does not open with another key of the same name', () => {
    expect(() => vaultWith(key('k1', 2)).open(vault.seal('secret', HOME), HOME)).toThrow(SealedSecretError);
  });

  it('seals with the first key and opens with every one, so that keys can be changed', () => {
    const old = vault.seal('old', HOME);
    const changed = vaultWith(key('k2', 2), key('k1', 1));
    expect(changed.open(old, HOME)).toBe('old');
    expect(changed.seal('new', HOME)).toMatch(/^k2\./);
    expect(() => vault.open(changed.seal('new', HOME), HOME)).toThrow(/"k2"/);
  });

  it('does not begin without a key', () => {
    expect(() => vaultWith()).toThrow('No encryption key');
  });

  it('repeats nothing of a secret in what it throws', () => {
    const sealed = vault.seal('hunter2-hunter2', HOME);
    for (const text of [`${sealed}x`, sealed.slice(0, -3), sealed.replace('k1', 'k9')]) {
      try {
        vault.open(text, HOME);
        throw new Error('opened');
      } catch (error) {
        expect(error).toBeInstanceOf(SealedSecretError);
        expect(String((error as Error).stack)).not.toContain(sealed.split('.')[2]);
      }
    }
  });
});
