import { z } from 'zod';
import { Envelope } from './envelope.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The query parameters of every list. A cursor is opaque to callers: base64url of the JSON of the last row's position. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(2_000).optional(),
};

/** Reads a cursor made by `pageOf`; anything else is a 400. */
export function positionOf<Position>(schema: z.ZodType<Position>) {
  return z
    .string()
    .max(2_000)
    .optional()
    .transform((text, context): Position | undefined => {
      if (text === undefined) return undefined;
      try {
        return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
      } catch {
        context.addIssue({ code: 'custom', message: 'is not a cursor from an earlier page' });
        return z.NEVER;
      }
    });
}

/**
 * A page of a list. The query asks for one row more than the limit: if it comes, there is a next page. The row itself is
 * left out.
 */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => unknown,
  position: (row: Row) => unknown,
): Envelope {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor =
    rows.length > limit && last !== undefined
      ? Buffer.from(JSON.stringify(position(last))).toString('base64url')
      : null;
  return new Envelope(shown.map(show), { page: { nextCursor, limit } });
}
