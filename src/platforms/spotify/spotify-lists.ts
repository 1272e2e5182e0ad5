import type { z } from 'zod';
import { isoTime } from '../item-fields.js';
import { distinct } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import type { ExtractedItem } from '../platform.js';
import { pathSchema } from './spotify-checkpoint.js';
import type { SpotifyPage } from './spotify-schemas.js';

/**
 * How many pages of one list are followed: 20,000 entries at 50 a page. It bounds what an endless list can cost;
 * Spotify's own longest, a playlist, has 10,000.
 */
export const MAX_PAGES = 400;

/** One page of a list, mapped. */
export interface ListPage {
  readonly items: readonly ExtractedItem[];
  /** How many entries were read up to the end of this page, the unavailable ones included. */
  readonly read: number;
  /** Length of the whole list, where Spotify tells it. */
  readonly total: number | undefined;
  /** When its entries came, where they say it; as ISO strings, which sort. */
  readonly times: readonly string[];
  /** Path of the page that follows, as Spotify gives it; see `follow`. */
  readonly next: string | null;
}

/** Reads one page at a path; `read` entries of the list came before it. */
export type ReadPage = (client: PlatformClient, path: string, read: number) => Promise<ListPage>;

/** A reader for one kind of list. `toItem` gets the entry's index in the whole list. */
export function pageReader<Entry>(
  schema: z.ZodType<SpotifyPage<Entry>>,
  toItem: (entry: Entry, index: number) => ExtractedItem | null,
  timeOf: (entry: Entry) => string | null | undefined = () => null,
): ReadPage {
  return async (client, path, read) => {
    const { data } = await client.get(path, schema);
    const offset = data.offset ?? read;
    const items = data.items.map((entry, index) => (entry === null ? null : toItem(entry, offset + index)));
    const next = data.next ? pathOfNext(client, data.next) : null;
    const times = data.items.flatMap((entry) => isoTime(entry === null ? null : timeOf(entry)) ?? []);
    return { items: distinct(items), read: offset + data.items.length, total: data.total ?? undefined, times, next };
  };
}

function pathOfNext(client: PlatformClient, url: string): string {
  const path = pathSchema.safeParse(client.pathOf(url));
  if (!path.success)
    throw new PlatformError('PLATFORM_BAD_ANSWER', 'Spotify named a next page that is none of its lists');
  return path.data;
}

/** How much of the list is read up to the end of a page, 0 to 1; 0 where Spotify tells no total. */
export function shareRead({ read, total }: ListPage): number {
  return total === undefined ? 0 : Math.min(read / Math.max(total, 1), 1);
}

/** Paths of the pages read in this run, of the current list and of the current playlist in it. */
export interface Trails {
  readonly list: Set<string>;
  readonly items: Set<string>;
}
