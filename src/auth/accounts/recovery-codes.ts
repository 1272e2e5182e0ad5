import { createHash, randomInt } from 'node:crypto';

/** How many an account gets. */
const CODES = 10;

/** Crockford's alphabet for base 32, which has no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Four groups of five: 100 random bits. */
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** New codes, to be shown once. */
export function newRecoveryCodes(): string[] {
  const group = () => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: CODES }, () => Array.from({ length: GROUPS }, group).join('-'));
}

/** What is stored of a code, however it is typed. A fast hash is enough: nobody tries 2^100 codes. */
export function recoveryCodeHash(typed: string): Buffer {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return createHash('sha256').update(code).digest();
}
