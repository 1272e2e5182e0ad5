import { z } from 'zod';

/** How many pages of one list are followed. It bounds what an endless list can cost; the longest real ones have as many. */
const MAX_PAGES = 400;

/** The longest path of a page. */
export const MAX_ADDRESS = 4_000;

const count = z.number().int().nonnegative();

/**
 * How far a list is read. A page is a function of this and of the provider's answer, so that a run which is resumed
 * yields the pages that an unbroken one would have yielded.
 */
export const positionSchema = z.object({
  /** Path of the next page, relative to the API's base, whose address may change between runs; null for the first. */
  next: z.string().startsWith('/').max(MAX_ADDRESS).nullable(),
  /** Pages and entries that were read, over all runs. */
  pages: count,
  read: count,
  /** Whether the list was begun anew because the provider refused to go on from a page or a cursor; done once. */
  anew: z.boolean(),
  /** The newest time of an entry, and how many entries are newer than what was known. */
  newest: z.iso.datetime().nullable(),
  fresh: count,
  /** The exact length on the last page, and whether it was the same on all: one that changes may hide entries. */
  length: count.nullable(),
  steady: z.boolean(),
  /** Whether the provider held something back. */
  incomplete: z.boolean(),
  /** Entries that were not understood; checkpoints of before November 2026 do not count them. */
  skipped: count.default(0),
  /** The largest estimate of the length; 0 if there is none. */
  estimate: z.number().nonnegative(),
  /** Entity tag of the first page. */
  etag: z.string().max(200).nullable(),
});
export type Position = z.infer<typeof positionSchema>;

/** Before the first page. */
export const START: Position = {
  next: null,
  pages: 0,
  read: 0,
  anew: false,
  newest: null,
  fresh: 0,
  length: null,
  steady: true,
  incomplete: false,
  skipped: 0,
  estimate: 0,
  etag: null,
};

/** Whether nothing was left out so far; only what is read in full can tell what is gone or known. */
export function isComplete({ incomplete, skipped }: Position): boolean {
  return !incomplete && skipped === 0;
}

/** Why no further page of a list is read: it is read as a whole, is too long, or leads back to a page that was read. */
export type End = 'whole' | 'bound' | 'circle';

/**
 * Whether a list ends at a position, and why. Only pages of this run are recognised as read, so a resumed run finds a
 * circle one round later.
 * @param readBefore paths of the pages that were read in this run
 */
export function endAt(
  { next, pages, read }: Position,
  readBefore: ReadonlySet<string>,
  { atMost, pageSize }: { readonly atMost: number; readonly pageSize?: number | undefined },
): End | null {
  if (next === null) return read > atMost ? 'bound' : 'whole';
  if (readBefore.has(next)) return 'circle';
  const maxPages = pageSize === undefined ? MAX_PAGES : Math.min(Math.ceil(atMost / pageSize), MAX_PAGES);
  return pages >= maxPages || read >= atMost ? 'bound' : null;
}
