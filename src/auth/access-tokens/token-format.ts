import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What begins every token, so that those who find one know what it is. */
const PREFIX = 'soul_';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** So many characters hold 256 random bits. */
const SECRET_LENGTH = 43;

/** So many hold a CRC-32. */
const CHECKSUM_LENGTH = 6;

const SHAPE = new RegExp(`^${PREFIX}([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`);

/** A new token: `soul_`, 256 random bits, and their checksum, by which scanners tell a leaked token from what looks like one. */
export function newToken(): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return PREFIX + secret + checksumOf(secret);
}

/** Whether a bearer token is one of these, right or wrong. */
export function isForPrograms(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Whether it can be one that was made here. */
export function isWellFormed(token: string): boolean {
  const [, secret, checksum] = SHAPE.exec(token) ?? [];
  return secret !== undefined && checksumOf(secret) === checksum;
}

/** What is stored of it. A fast hash is enough: nobody tries 2^256 tokens. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checksumOf(secret: string): string {
  let rest = crc32(PREFIX + secret);
  let text = '';
  for (let n = 0; n < CHECKSUM_LENGTH; n += 1) {
    text = (ALPHABET[rest % ALPHABET.length] ?? '') + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
