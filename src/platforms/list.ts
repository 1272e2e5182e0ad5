import type { z } from 'zod';
import type { PageEntry } from './page-entries.js';
import type { PlatformClient } from './platform-client.js';
import type { ExtractedItem, JsonObject, Polling } from './platform.js';

/**
 * How a later run finds what is new in a list, and whether an entry that is missing from it is gone:
 * - `log`: what happened, of which the provider keeps the end. Read again, unless its first page is unchanged.
 * - `since`: what happened or changed after a time that the request names.
 * - `newest`: what holds now, the newest first. Read down to what is known; as a whole when its length shows that
 *   something was taken out, and when that was not done for `relistMs`.
 * - `whole`: what holds now, in any order. Read as a whole, unless its version or its only page is unchanged.
 * - `daily`: a ranking without dates. Read once a day.
 *
 * Only entries of `newest` and `whole` can be gone.
 */
export type ListOrder = 'log' | 'since' | 'newest' | 'whole' | 'daily';

/** What the functions of a list get: the same before and after a run is resumed. */
export interface Reading<Account, Owner> {
  /** Facts of the account, see `ListedPlatform`. */
  readonly account: Account;
  /** The entry of the outer list whose own list is read; undefined for a list that is within none. */
  readonly owner: Owner;
  /** When the extraction began. */
  readonly startedAt: Date;
  /** The UTC day on which it began, `YYYY-MM-DD`. */
  readonly day: string;
}

/** A page of a list. */
export interface Page<Entry> {
  readonly entries: readonly PageEntry<Entry>[];
  /** Path of the next page below the API's base, see `PlatformClient.pathOf`; null after the last. */
  readonly next: string | null;
  /** The exact length of the list; must be left out where the provider only estimates it. */
  readonly total?: number | undefined;
  /** What the provider counts, among it entries that it does not show; see `Hidden`. */
  readonly counted?: number | undefined;
  /** An estimate of the length, for the progress only. */
  readonly estimate?: number | undefined;
  /** Entity tag of the answer (RFC 9110 section 8.8.3). */
  readonly etag?: string | undefined;
  /**
   * Reads what else belongs to the list; called if no further page is read after this one. A refusal of it leaves the
   * list incomplete.
   */
  readonly atEnd?: () => Promise<readonly ExtractedItem[]>;
  /** Whether the provider held back a part of it. The list then marks nothing as gone, and the next run reads it again. */
  readonly incomplete?: boolean;
}

/** What all lists declare. Functions are methods, so that lists of different entries fit into one array. */
export interface ListFacts<Account, Entry, Owner> {
  /** The kind of its items. */
  readonly kind: string;
  /** For people, plural, at the beginning of a warning: "Saved tracks". */
  readonly title: string;
  readonly order: ListOrder;
  /** How many entries are read, unless the configuration names another number for the kind; all without it. */
  readonly atMost?: number;
  /** Entries on a full page. Where given, no more pages are read than `atMost` entries fill, however short they are. */
  readonly pageSize?: number;
  /**
   * Path of the first page; null where the account has no such list.
   * @param since the newest time of an earlier run, for a list of the order `since`
   */
  first(reading: Reading<Account, Owner>, since: Date | undefined): string | null;
  /**
   * Reads the page at a path that `first` or the page before gave; undefined if it is unchanged. What the client throws
   * is passed on.
   * @param etag tag of the page as it is known; only given for a first page
   */
  page(
    client: PlatformClient,
    path: string,
    reading: Reading<Account, Owner>,
    etag: string | undefined,
  ): Promise<Page<Entry> | undefined>;
  /**
   * The item that an entry becomes; null for one that cannot be identified or is not the person's.
   * @param index of the entry in the whole list, from 0
   */
  toItem(entry: Entry, reading: Reading<Account, Owner>, index: number): ExtractedItem | null;
  /** When the entry came or changed; needed for `since` and `newest`. */
  timeOf?(entry: Entry): string | null | undefined;
}

/** A list of the account. */
export interface List<Account, Entry = unknown> extends ListFacts<Account, Entry, undefined> {
  /** Distinguishes lists of the same kind: the period of a ranking. */
  readonly part?: string;
  /** About how many requests it takes in a long-used account, for the progress; 1 without it. */
  readonly weight?: number;
  /** Where the provider soon forgets entries. Such lists come first: a poll reads them only. */
  readonly polling?: Omit<Polling, 'kind'>;
  /** Days after which its items are deleted; they are kept for good without it. */
  readonly keepDays?: number;
  /** The warning when there are more entries than are read; `title` and a general reason without it. */
  tooLong?(atMost: number): string;
  /** The lists inside its entries. Each page's are read before its next page, and the outer list is always read as a whole. */
  readonly within?: InnerList<Account, Entry>;
}

/** An entry of an outer list that has a list of its own, as it is kept in a checkpoint. */
export type ListOwner = JsonObject & {
  /** Unique in the outer list. The ids of its items begin with it and a colon, if they can be gone. */
  readonly id: string;
  /** Changes whenever its list does: a known version is not read again. Null where the provider gives none. */
  readonly version: string | null;
  /** Whether its list is known to have no entries: nothing is asked for. */
  readonly empty?: boolean;
};

/** The list inside each entry of an outer list. */
export interface InnerList<Account, OuterEntry, Owner extends ListOwner = ListOwner, Entry = unknown> extends ListFacts<
  Account,
  Entry,
  Owner
> {
  /** Checks an owner from a stored checkpoint. */
  readonly owner: z.ZodType<Owner>;
  /** The owner that an outer entry is; null for one whose list is not for us, `UNREADABLE` if the entry does not say it. */
  ownerOf(entry: OuterEntry, reading: Reading<Account, undefined>): PageEntry<Owner>;
  /** What is being read, for people; the outer list's title without it. */
  step?(owner: Owner): string;
  /** The lists of so many owners, at the beginning of a warning: "The items of 3 playlists". */
  several(owners: number): string;
  /** The same in the warning about lists that were too long. Without it each of these has a warning of its own. */
  severalTooLong?(owners: number): string;
}

/** Declares lists of accounts with these facts. The functions change nothing: they infer the entries' type and check it. */
export function listsOf<Account>() {
  return {
    list: <Entry>(declared: List<Account, Entry>): List<Account> => declared,
    listWithin: <OuterEntry, Owner extends ListOwner, Entry>(
      declared: InnerList<Account, OuterEntry, Owner, Entry>,
    ): InnerList<Account, OuterEntry> => declared,
  };
}

/** A number of owners in a sentence: "one playlist", "3 playlists". */
export function counted(count: number, one: string, many: string): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`;
}

/** Whether a list shows what holds now, so that an entry which is no longer in it is gone. */
export function isListing({ order }: { readonly order: ListOrder }): boolean {
  return order === 'newest' || order === 'whole';
}
