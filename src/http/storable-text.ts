import { z } from 'zod';

/** A caller's text that reaches the database, which stores no NUL. */
export const storableText = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .refine((text) => !text.includes('\0'), 'must not contain NUL');
