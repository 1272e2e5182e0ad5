import { PlatformError } from './platform-error.js';
import type { ExtractedItem, ExtractionWarning } from './platform.js';

/** Leaves out what could not be identified and what a page names twice, as when a playlist got a song twice at once. */
export function distinct(items: readonly (ExtractedItem | null)[]): ExtractedItem[] {
  const byId = new Map<string, ExtractedItem>();
  for (const item of items) {
    if (item === null) continue;
    const id = `${item.kind} ${item.externalId}`;
    if (!byId.has(id)) byId.set(id, item);
  }
  return [...byId.values()];
}

/** How a list is read: what it is called in warnings, and how many of its pages and entries are read. */
export interface ListBounds {
  readonly title: string;
  readonly maxPages: number;
  /** Entries read up to the end of the page, and how many may be. */
  readonly read?: number;
  readonly maxEntries?: number | undefined;
}

/** Where to go after a page. */
export interface Onward {
  readonly next: string | null;
  readonly warnings: readonly ExtractionWarning[];
  /** How the list ended with the page: as it should, at our bound, or because it runs in circles. */
  readonly end: 'whole' | 'bound' | 'circle' | null;
}

/**
 * Where to go after a page: its `next`, unless the list runs in circles or past its bound. A resumed run does not
 * know the pages of earlier ones, so it finds a circle one round later; `pages` counts over all runs.
 */
export function follow(
  next: string | null,
  pages: number,
  seen: ReadonlySet<string>,
  { title, maxPages, read = 0, maxEntries = Infinity }: ListBounds,
): Onward {
  if (next === null) return { next, warnings: [], end: 'whole' };
  const circle = seen.has(next);
  if (!circle && pages < maxPages && read < maxEntries) return { next, warnings: [], end: null };
  const message = `${title} were read only in part: the list ${circle ? 'repeats itself' : 'is too long'}`;
  return { next: null, warnings: [{ code: 'LIMIT_REACHED', message }], end: circle ? 'circle' : 'bound' };
}

/** Whether a provider no longer understands where we want to go on. */
export function isStale(error: unknown): boolean {
  return error instanceof PlatformError && (error.code === 'PLATFORM_REFUSED' || error.code === 'PLATFORM_NOT_FOUND');
}

/** The warning for a list that the provider keeps from us; everything else is thrown on. */
export function refusal(error: unknown, list: string, provider: string): ExtractionWarning {
  if (!isRefusal(error)) throw error;
  const status = error.details.status === undefined ? '' : ` (${error.details.status})`;
  const code = error.code === 'PLATFORM_FORBIDDEN' ? 'SCOPE_MISSING' : 'NOT_AVAILABLE';
  return { code, message: `${list} could not be read: ${provider} refused${status}` };
}

/** Whether an error says that this one thing is out of our reach, now and later; 451 is for legal reasons. */
export function isRefusal(error: unknown): error is PlatformError {
  if (!(error instanceof PlatformError)) return false;
  return error.code === 'PLATFORM_FORBIDDEN' || error.code === 'PLATFORM_NOT_FOUND' || error.details.status === 451;
}
