import { z } from 'zod';
import { type Hidden, hiddenSchema } from './hidden-entries.js';
import type { ListOrder } from './list.js';
import { isComplete, type Position } from './list-position.js';
import type { Json } from './platform.js';

/** Where a later run goes on with a list. */
const cursorSchema = z.strictObject({
  /** The newest time of an entry. */
  newest: z.iso.datetime().optional(),
  /** Exact length of the list, where the provider gives it. */
  total: z.number().int().nullish(),
  /** When the run began that last read it as a whole. */
  listedAt: z.iso.datetime().optional(),
  /** Entity tag of its first page, where that stands for all of it. */
  etag: z.string().max(200).optional(),
  /** The version that was read: the owner's, or the day of a daily list. */
  version: z.string().max(500).optional(),
  /** What its last whole reading did not show. */
  hidden: hiddenSchema.optional(),
});
export type Cursor = z.infer<typeof cursorSchema>;

/** A cursor of the order `newest`. */
type NewestCursor = Cursor & { readonly newest: string; readonly listedAt: string };

/** GitHub's cursors were of these forms until November 2026, and Spotify's were texts: stored ones may still be. */
const formerCommitsCursor = z
  .strictObject({ pushedAt: z.string().nullable(), newest: z.iso.datetime().nullable() })
  .transform(({ pushedAt, newest }): Cursor => ({ version: pushedAt ?? undefined, newest: newest ?? undefined }));
const formerListCursor = z
  .strictObject({ etag: cursorSchema.shape.etag, since: z.iso.datetime().optional(), newest: cursorSchema.optional() })
  .transform(({ etag, since, newest }): Cursor => ({ etag, newest: since, ...newest }));
const storedCursor = z.union([cursorSchema, formerCommitsCursor, formerListCursor]);

/** A stored cursor; an empty one if there is none or it cannot be understood, as if the list had never been read. */
export function cursorFrom(stored: Json | undefined, order: ListOrder): Cursor {
  const text = order === 'since' ? 'newest' : 'version';
  return storedCursor.safeParse(typeof stored === 'string' ? { [text]: stored } : stored).data ?? {};
}

/** Whether a cursor has both the newest entry and the time at which the list was last read as a whole. */
function isNewestCursor(cursor: Cursor): cursor is NewestCursor {
  return cursor.newest !== undefined && cursor.listedAt !== undefined;
}

/** Entries of a page that are newer than what a cursor knows: all of them if it knows nothing. */
export function freshTimes(times: readonly string[], { newest }: Cursor): number {
  return times.filter((time) => newest === undefined || time > newest).length;
}

/**
 * The cursor of a list that shows the newest first, if a page reaches what is known and the list is as long as it must
 * be when nothing was taken out of it; then no further page is needed. Undefined also when the list has to be read as a
 * whole again, after `relistMs`.
 */
export function cursorIfUpToDate(
  known: Cursor,
  at: Position,
  times: readonly string[],
  { startedAt, relistMs }: { readonly startedAt: Date; readonly relistMs: number },
): Cursor | undefined {
  if (!isNewestCursor(known) || !at.steady || !isComplete(at) || at.newest === null) return undefined;
  if (startedAt.getTime() - Date.parse(known.listedAt) >= relistMs) return undefined;
  if (at.length !== null && known.total != null && at.length !== known.total + at.fresh) return undefined;
  if (!times.some((time) => time <= known.newest)) return undefined;
  return {
    newest: at.newest,
    total: at.length,
    listedAt: known.listedAt,
    ...(known.hidden && { hidden: known.hidden }),
  };
}

/**
 * The cursor of a list after its last page; undefined if nothing is known of it. The first page's tag stands for the
 * whole list if that is one page, and for a log, where all that is new is on it.
 */
export function cursorAtEnd(
  order: ListOrder,
  at: Position,
  known: Cursor,
  {
    startedAt,
    version,
    hidden,
  }: { readonly startedAt: Date; readonly version: string | null; readonly hidden?: Hidden | undefined },
): Cursor | undefined {
  const newest = at.newest ?? (order === 'since' ? known.newest : undefined);
  const cursor: Cursor = {
    ...(version !== null && { version }),
    ...(at.etag !== null && order !== 'since' && (order === 'log' || at.pages === 1) && { etag: at.etag }),
    ...(newest !== undefined && order === 'since' && { newest }),
    ...(newest !== undefined && order === 'newest' && { newest, total: at.length, listedAt: startedAt.toISOString() }),
    ...(hidden && { hidden }),
  };
  // An empty one forgets what was hidden.
  return Object.keys(cursor).length === 0 && known.hidden === undefined ? undefined : cursor;
}
