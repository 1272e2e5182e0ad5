import { createHash, randomInt } from 'node:crypto';

/** How many an account gets. */
const CODES = 10;

/** Crockford's alphabet for base 32, which has no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Four groups of six: 120 random bits, more than the 112 from which a fast hash is enough (OWASP ASVS 5.0, 6.5.2). */
const GROUPS = 4;
const GROUP_LENGTH = 6;

/** New codes, to be shown once. */
export function newRecoveryCodes(): string[] {
  const group = () => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: CODES }, () => Array.from({ length: GROUPS }, group).join('-'));
}

/** What is stored of a code, however it is typed. A fast hash is enough for so many bits. */
export function recoveryCodeHash(typed: string): Buffer {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return createHash('sha256').update(code).digest();
}
