import { z } from 'zod';
import type { ExtractionContext, ExtractionPage, Json } from './platform.js';

/** Where a list that shows the newest first was left. */
export const newestCursor = z.object({
  /** When its newest entry came. */
  newest: z.iso.datetime(),
  /** How many entries it had, where the provider tells. */
  total: z.number().int().nullable(),
  /** When the run began that last read it to its end. */
  listedAt: z.iso.datetime(),
});
export type NewestCursor = z.infer<typeof newestCursor>;

/** Which account the cursors are of. */
const ACCOUNT = 'account';
/** To be raised when items are made of more than before: everything is then read again. */
const VERSION = 1;

/** The name of a list among the cursors: the kind of its items, and whose list it is. */
export function listName(kind: string, within?: string): string {
  return within === undefined ? kind : `${kind} ${within}`;
}

/** A stored cursor; one that does not fit is none, as if the list had never been read. */
export function cursorOf<T>({ cursors }: ExtractionContext, list: string, schema: z.ZodType<T>): T | undefined {
  return schema.safeParse(cursors.get(list)).data;
}

/** What the first page of a run says of the cursors: whose they are, and whether earlier ones still mean anything. */
export function accountCursor({ cursors }: ExtractionContext, account: string) {
  const known = `${VERSION} ${account}`;
  return { cursors: { [ACCOUNT]: known }, forgetsCursors: cursors.has(ACCOUNT) && cursors.get(ACCOUNT) !== known };
}

/** Takes over what a stored page says of the cursors, as its run goes on with them. */
export function moveCursors(
  known: Map<string, Json>,
  { forgetsCursors = false, cursors = {} }: Pick<ExtractionPage, 'forgetsCursors' | 'cursors'>,
): void {
  if (forgetsCursors) known.clear();
  for (const [list, cursor] of Object.entries(cursors)) known.set(list, cursor);
}

/** What was read so far of a list that shows the newest first. */
export interface NewestProgress {
  /** The newest time of an entry. */
  readonly newest: string | null;
  /** Entries that came after the newest known one. */
  readonly fresh: number;
}

/** Goes on with the times of a page. */
export function seenTimes(
  before: NewestProgress,
  times: readonly string[],
  cursor: NewestCursor | undefined,
): NewestProgress {
  const newest = times.reduce<string | null>((a, b) => (a === null || b > a ? b : a), before.newest);
  return { newest, fresh: before.fresh + times.filter((time) => cursor === undefined || time > cursor.newest).length };
}

/**
 * Whether all that is new was read: the page reaches what is known, and the list is as long as it must be if nothing
 * was taken out of it. Where the provider does not tell its length, it is read as a whole from time to time.
 */
export function isUpToDate(
  cursor: NewestCursor | undefined,
  { fresh }: NewestProgress,
  page: { readonly times: readonly string[]; readonly total: number | null },
  { startedAt, relistMs }: { readonly startedAt: string; readonly relistMs: number },
): cursor is NewestCursor {
  if (cursor === undefined || Date.parse(startedAt) - Date.parse(cursor.listedAt) >= relistMs) return false;
  if (page.total !== null && cursor.total !== null && page.total !== cursor.total + fresh) return false;
  return page.times.some((time) => time <= cursor.newest);
}

/** The cursor of a list whose newest entry is known; a list without one is read from its begin again. */
export function newestCursorAt(
  newest: string | null,
  total: number | null,
  listedAt: string,
): NewestCursor | undefined {
  return newest === null ? undefined : { newest, total, listedAt };
}
