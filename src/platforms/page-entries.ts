import { z } from 'zod';
import { understood } from './bounded-array.js';

/** Stands in the place of an entry that is not understood, so that it is counted and the others are read. */
export const UNREADABLE = Symbol('unreadable');

/** An entry of a page: null where the provider lists one without its content. */
export type PageEntry<Entry> = Entry | null | typeof UNREADABLE;

/** Providers show at most 100 on a page; more than this is refused before the entries are looked at. */
const MAX_ENTRIES = 1_000;

/** The entries of a page. What its schema refuses, which is about what identifies an entry, becomes `UNREADABLE`. */
export function pageEntries<Entry>(entry: z.ZodType<Entry>): z.ZodType<PageEntry<Entry>[]> {
  const read = (each: unknown): PageEntry<Entry> => {
    if (each === null) return null;
    const [data = UNREADABLE] = understood(entry, each);
    return data;
  };
  const all = z.array(entry.nullable());
  return z
    .array(z.unknown())
    .max(MAX_ENTRIES)
    .transform((entries) => {
      const { success, data } = all.safeParse(entries);
      return success ? data : entries.map(read);
    });
}
