import { z } from 'zod';

/** In characters. */
const LONGEST = 64;

/** What cannot be stored, cannot be seen, or turns the direction of writing around. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Co}\p{Bidi_Control}]/u;

/** What a new account may be called: names in any script. */
export const newUsername = z
  .string()
  .max(4 * LONGEST)
  .trim()
  .refine(
    (name) => Array.from(name).length <= LONGEST && !UNFIT.test(name) && /[\p{L}\p{N}]/u.test(usernameKey(name)),
    `must have 1 to ${LONGEST} characters, a letter or a digit among them`,
  );

/**
 * What a name is found by: the same for all ways to type it, in large and small letters (NFKC, case folded as far as the
 * language of the machine has no say in it), and without characters that nobody sees.
 */
export function usernameKey(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .trim()
    .replace(/\s+/gu, ' ');
}
