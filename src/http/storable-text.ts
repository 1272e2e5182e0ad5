import { z } from 'zod';

/** A caller's text for the database, which cannot store NUL. */
export const storableText = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .refine((text) => !text.includes('\0'), 'must not contain NUL');
