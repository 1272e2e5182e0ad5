import { cursorAtEnd, type Cursor, cursorFrom, cursorIfUpToDate, freshTimes } from './list-cursor.js';
import { hiddenAfter, isHiddenForLong } from './hidden-entries.js';
import { endsList, isAbsent, isStale } from './list-failure.js';
import { type End, endAt, isComplete, MAX_ADDRESS, type Position, START } from './list-position.js';
import { isListing, type ListFacts, type ListOwner, type ListOrder, type Page, type Reading } from './list.js';
import { isoTime } from './item-fields.js';
import { UNREADABLE } from './page-entries.js';
import type { PlatformClient } from './platform-client.js';
import { PlatformError } from './platform-error.js';
import type { ExtractedItem, ExtractionContext, Listing } from './platform.js';

/** The list whose page is read, and in what run. */
export interface ListRun<Account, Owner> {
  readonly client: PlatformClient;
  readonly context: ExtractionContext;
  readonly list: ListFacts<Account, unknown, Owner>;
  /** Its name among the cursors. */
  readonly name: string;
  readonly reading: Reading<Account, Owner>;
  /** Set for a list within another one. */
  readonly owner?: ListOwner | undefined;
  /** Paths of the list that were read in this run; a first page empties it. */
  readonly trail: Set<string>;
  /** Asks for something else, to see whether the list fails alone; see `endsList`. */
  readonly other: () => Promise<unknown>;
}

/** What a page gave, and where that leads. */
export interface ReadListPage {
  readonly items: readonly ExtractedItem[];
  /** Its entries up to the bound. */
  readonly entries: readonly unknown[];
  /** Where the list is read next; how far it was read if it has ended. */
  readonly at: Position;
  /**
   * Why no page follows, or null: `known` if the rest is known already, `unread` if there is nothing to ask for or
   * nothing changed, `failed` if the provider refuses it, fails at it alone or gives what is not understood.
   */
  readonly end: End | 'known' | 'unread' | 'failed' | null;
  readonly listing?: Listing;
  readonly cursor?: Cursor;
  /** Why it failed. */
  readonly failure?: PlatformError;
  /** How many entries the provider counts and did not show, if the answer may have been cut short. */
  readonly missing?: number;
}

const EMPTY: Page<never> = { entries: [], next: null, total: 0 };

/** Reads the page of a list at which a position stands. A failure that concerns only this list ends it, not the run. */
export async function readListPage<Account, Owner>(run: ListRun<Account, Owner>, at: Position): Promise<ReadListPage> {
  const { client, context, list, name, reading, owner, trail } = run;
  const stored = cursorFrom(context.cursors.get(name), list.order);
  const known = at.anew ? { hidden: stored.hidden } : stored;
  const version = list.order === 'daily' ? reading.day : (owner?.version ?? null);
  const unread = { items: [], entries: [], at, end: 'unread' } as const;
  if (version !== null && known.version === version) return unread;
  const begin = list.first(reading, undefined);
  const here = at.next ?? list.first(reading, sinceOf(list.order, known));
  if (here === null) return unread;
  if (at.next === null) trail.clear();
  trail.add(here);
  let page: Page<unknown> | undefined;
  try {
    page = owner?.empty ? EMPTY : await list.page(client, here, reading, at.next === null ? known.etag : undefined);
    if (page) refuseLongAddress(page);
  } catch (error) {
    if (isStale(error) && here !== begin && !at.anew) return { ...unread, at: { ...START, anew: true }, end: null };
    if (isAbsent(error)) return unread;
    if (error instanceof PlatformError && (await endsList(error, context, run.other))) {
      return { ...unread, end: 'failed', failure: error };
    }
    throw error;
  }
  return page === undefined ? unread : resultOf(run, at, page, known, version);
}

/** What follows from an answer. */
async function resultOf<Account, Owner>(
  run: ListRun<Account, Owner>,
  at: Position,
  page: Page<unknown>,
  known: Cursor,
  version: string | null,
): Promise<ReadListPage> {
  const { context, list, reading, owner, trail } = run;
  const { order, kind, pageSize } = list;
  const { startedAt } = reading;
  const present = page.entries.flatMap((entry, index) =>
    entry === null || entry === UNREADABLE ? [] : [{ entry, index: at.read + index }],
  );
  const times = present.flatMap(({ entry }) => isoTime(list.timeOf?.(entry)) ?? []);
  const after = positionAfter(at, page, times, known);
  const atMost = boundOf(list, context);
  const upToDate = order === 'newest' ? cursorIfUpToDate(known, after, times, { startedAt, ...context }) : undefined;
  const end = upToDate ? 'known' : endAt(after, trail, { atMost, pageSize });
  const rest = end === null ? [] : await readRest(page, run);
  const incomplete = after.incomplete || rest === null;
  const inFull = isComplete({ ...after, incomplete }) && (after.steady || !isListing(list));
  const missing = inFull && end === 'whole' && isListing(list) ? (page.total ?? page.counted ?? 0) - after.read : 0;
  const hidden = hiddenAfter(known.hidden, missing, startedAt);
  const doubted = hidden !== undefined && !isHiddenForLong(hidden, startedAt, context.relistMs);
  const trusted = inFull && !doubted;
  const isRead = end === 'whole' || end === 'bound';
  const atEnd = isRead ? cursorAtEnd(order, after, known, { startedAt, version, hidden }) : undefined;
  const trustedCursor = trusted ? (upToDate ?? atEnd) : undefined;
  const cursor = doubted ? { hidden } : trustedCursor;
  return {
    items: distinct([...present.map(({ entry, index }) => list.toItem(entry, reading, index)), ...(rest ?? [])]),
    entries: present.filter(({ index }) => index < atMost).map(({ entry }) => entry),
    at: end === null ? after : { ...after, next: null, incomplete },
    end,
    ...(isListing(list) && {
      listing: {
        kind,
        ...(owner && { within: owner.id }),
        begins: at.next === null,
        ends: end === 'whole' && trusted,
      },
    }),
    ...(cursor && { cursor }),
    ...(doubted && { missing }),
  };
}

/** Null if it fails alone. */
async function readRest(
  { atEnd }: Page<unknown>,
  { context, other }: Pick<ListRun<unknown, unknown>, 'context' | 'other'>,
): Promise<readonly ExtractedItem[] | null> {
  try {
    return (await atEnd?.()) ?? [];
  } catch (error) {
    if (error instanceof PlatformError && (await endsList(error, context, other))) return null;
    throw error;
  }
}

/** How many entries of a list are read. */
export function boundOf(list: { readonly kind: string; readonly atMost?: number }, context: ExtractionContext): number {
  return context.bounds[list.kind] ?? list.atMost ?? Infinity;
}

function sinceOf(order: ListOrder, { newest }: Cursor): Date | undefined {
  return order === 'since' && newest !== undefined ? new Date(newest) : undefined;
}

function refuseLongAddress({ next }: Page<unknown>): void {
  if (next === null || next.length <= MAX_ADDRESS) return;
  throw new PlatformError('PLATFORM_BAD_ANSWER', 'The address of the next page is too long');
}

function positionAfter(at: Position, page: Page<unknown>, times: readonly string[], known: Cursor): Position {
  const length = page.total ?? null;
  return {
    next: page.next,
    pages: at.pages + 1,
    read: at.read + page.entries.length,
    anew: at.anew,
    newest: times.reduce<string | null>((a, b) => (a === null || b > a ? b : a), at.newest),
    fresh: at.fresh + freshTimes(times, known),
    length,
    steady: at.pages === 0 || (at.steady && length === at.length),
    incomplete: at.incomplete || page.incomplete === true,
    skipped: at.skipped + page.entries.filter((entry) => entry === UNREADABLE).length,
    estimate: Math.max(at.estimate, page.estimate ?? page.total ?? page.counted ?? 0),
    etag: at.pages === 0 ? (page.etag ?? null) : at.etag,
  };
}

/** Leaves out what could not be identified and what a page names twice, as when a playlist got a song twice at once. */
function distinct(items: readonly (ExtractedItem | null)[]): ExtractedItem[] {
  const byId = new Map<string, ExtractedItem>();
  for (const item of items) {
    if (item === null) continue;
    const id = `${item.kind} ${item.externalId}`;
    if (!byId.has(id)) byId.set(id, item);
  }
  return [...byId.values()];
}
