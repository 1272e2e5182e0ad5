import { z } from 'zod';

/** In characters. */
const SHORTEST = 10;
const LONGEST = 200;

/** The same for all ways to type it: keyboards differ in how they put a letter and its accent together. */
export function normalizedPassword(password: string): string {
  return password.normalize('NFKC');
}

const storable = z
  .string()
  .max(8 * LONGEST)
  .refine((text) => !/[\0\p{Cs}]/u.test(text), 'must not contain NUL or half a character');

/** A password to sign in with. */
export const password = storable.refine((text) => lengthOf(text) <= LONGEST, `must have at most ${LONGEST} characters`);

/** A password that somebody chooses. Which characters it has is theirs to say. */
export const newPassword = storable.refine(
  (text) => lengthOf(text) >= SHORTEST && lengthOf(text) <= LONGEST,
  `must have ${SHORTEST} to ${LONGEST} characters`,
);

function lengthOf(text: string): number {
  return Array.from(normalizedPassword(text)).length;
}
