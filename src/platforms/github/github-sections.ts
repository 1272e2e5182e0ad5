import { z } from 'zod';
import { cursorOf, isUpToDate, newestCursor, newestCursorAt, seenTimes } from '../cursors.js';
import { isoTime } from '../item-fields.js';
import { distinct, follow, isStale, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import type { ExtractedItem, ExtractionContext, ExtractionPage, ExtractionWarning } from '../platform.js';
import { sectionProgress } from '../section-progress.js';
import { type GithubCheckpoint, nextSection, SECTION_NAMES, type SectionName } from './github-checkpoint.js';
import { eventItem, followingItem, gistItem, issueItem, type Me, organisationItem, starItem } from './github-items.js';
import { type ListPage, readPageUnlessSame } from './github-pages.js';
import {
  accountPage,
  eventPage,
  gistPage,
  type GithubPage,
  issuePage,
  organisationPage,
  starPage,
} from './github-schemas.js';

/** How many pages of one list are followed: 20,000 entries at 100 a page. It bounds what an endless list can cost. */
export const MAX_PAGES = 200;

/** A page of a plain list, mapped. */
interface SectionPage extends Omit<ListPage<never>, 'entries'> {
  readonly items: readonly ExtractedItem[];
  /** When its entries came or changed; as ISO strings, which sort. */
  readonly times: readonly string[];
  /** How many entries it has. */
  readonly size: number;
}

/** A list that is read page by page. */
interface Section {
  /** For people, in messages: "Gists could not be read". */
  readonly title: string;
  /** The kind of its items; issues bring pull requests along. */
  readonly kind: string;
  /**
   * How a later run finds what is new: a `log` is read again unless its first page is still the same; `since` asks for
   * what was changed; `newest` lists show the newest first; `whole` ones are read as they are. A list of one page that
   * is still the same is not read at all.
   */
  readonly order: 'log' | 'since' | 'newest' | 'whole';
  readonly path: (me: Me) => string;
  readonly read: (client: PlatformClient, path: string, me: Me, etag?: string) => Promise<SectionPage | undefined>;
}

interface Reading<Entry> {
  readonly schema: z.ZodType<GithubPage<Entry>>;
  readonly toItem: (entry: Entry, me: Me) => ExtractedItem | null;
  readonly timeOf?: (entry: Entry) => string | null | undefined;
  readonly accept?: string;
}

function list<Entry>(
  order: Section['order'],
  title: string,
  kind: string,
  path: string | ((me: Me) => string),
  { schema, toItem, timeOf = () => null, accept }: Reading<Entry>,
): Section {
  return {
    order,
    title,
    kind,
    path: typeof path === 'string' ? () => path : path,
    read: async (client, here, me, etag) => {
      const read = await readPageUnlessSame(client, here, schema, { accept, etag });
      if (read === undefined) return undefined;
      const { entries, ...page } = read;
      const times = entries.flatMap((entry) => isoTime(timeOf(entry)) ?? []);
      return { ...page, times, size: entries.length, items: distinct(entries.map((entry) => toItem(entry, me))) };
    },
  };
}

/**
 * Every list but the repositories, which have lists inside. Pages are as long as GitHub allows, except of issues:
 * each brings its text and its repository along, and a hundred could be more than the client reads.
 */
const SECTIONS: Readonly<Record<Exclude<SectionName, 'repositories' | 'end'>, Section>> = {
  events: list('log', 'Recent activity', 'event', ({ login }) => `/users/${login}/events?per_page=100`, {
    schema: eventPage,
    toItem: eventItem,
  }),
  issues: list('since', 'Issues and pull requests', 'issue', '/issues?filter=created&state=all&per_page=50', {
    schema: issuePage,
    toItem: issueItem,
    timeOf: (issue) => issue.updated_at,
  }),
  starred: list('newest', 'Stars', 'star', '/user/starred?per_page=100', {
    schema: starPage,
    toItem: starItem,
    timeOf: (star) => star.starred_at,
    // Only this media type says when.
    accept: 'application/vnd.github.v3.star+json',
  }),
  gists: list('whole', 'Gists', 'gist', '/gists?per_page=100', { schema: gistPage, toItem: gistItem }),
  organisations: list('whole', 'Organisations', 'organisation', '/user/orgs?per_page=100', {
    schema: organisationPage,
    toItem: organisationItem,
  }),
  following: list('whole', 'Followed people', 'following', '/user/following?per_page=100', {
    schema: accountPage,
    toItem: followingItem,
  }),
};

/** What is known of a list: how far it was read, and the tag of its first page where that says something of all of it. */
const listCursor = z.object({
  etag: z.string().max(200).optional(),
  since: z.iso.datetime().optional(),
  newest: newestCursor.optional(),
});
type ListCursor = z.infer<typeof listCursor>;

/** Share of the extraction that is done, see `sectionProgress`. */
export const doneAt = sectionProgress(SECTION_NAMES, { events: 3, repositories: 60, issues: 4, starred: 5, end: 0 });

type Page = ExtractionPage<GithubCheckpoint>;

/** The page that ends a section and moves the checkpoint to the next one. */
export function sectionEnd(
  at: GithubCheckpoint,
  step: string,
  items: Page['items'],
  warnings: readonly ExtractionWarning[],
  more: Pick<Page, 'listing' | 'cursors'> = {},
): Page {
  const done = doneAt(at.section, 1, at.done);
  return { items, checkpoint: nextSection(at, done), done, step, warnings, ...more };
}

/** Reads the page of a plain list at which a checkpoint stands. A list that GitHub refuses ends with a warning. */
export async function readSection(
  client: PlatformClient,
  at: GithubCheckpoint,
  section: keyof typeof SECTIONS,
  seen: Set<string>,
  context: ExtractionContext,
): Promise<Page> {
  const { title, kind, order, path, read } = SECTIONS[section];
  const known = at.anew ? undefined : cursorOf(context, kind, listCursor);
  const begin = path(at.me);
  const here = at.next ?? (known?.since === undefined ? begin : `${begin}&since=${known.since}`);
  if (at.next === null) seen.clear();
  seen.add(here);
  let page: SectionPage | undefined;
  try {
    page = await read(client, here, at.me, at.next === null ? known?.etag : undefined);
  } catch (error) {
    if (isStale(error) && here !== begin && !at.anew) return begunAnew(at, title);
    return sectionEnd(at, title, [], [refusal(error, title, 'GitHub')]);
  }
  if (page === undefined) return sectionEnd(at, title, [], []);
  const found = seenTimes(at, page.times, known?.newest);
  const listing = order === 'newest' || order === 'whole' ? { kind, begins: at.next === null, ends: false } : undefined;
  if (order === 'newest' && isUpToDate(known?.newest, found, { ...page, total: null }, { ...at, ...context })) {
    const newest = newestCursorAt(found.newest, null, known.newest.listedAt);
    return sectionEnd(at, title, page.items, [], saved(listing, kind, { newest }));
  }
  const pages = at.pages + 1;
  const entries = at.read + page.size;
  const etag = at.next === null ? (page.etag ?? null) : at.etag;
  const bounds = { title, maxPages: MAX_PAGES, read: entries, maxEntries: context.bounds[kind] };
  const { next, warnings, end } = follow(page.next, pages, seen, bounds);
  if (next === null) {
    const last = listing && { ...listing, ends: end === 'whole' };
    const tag = order === 'log' || pages === 1 ? (etag ?? undefined) : undefined;
    const cursor = cursorAfter(order, found.newest, tag, known, at);
    return sectionEnd(at, title, page.items, warnings, saved(last, kind, end === 'circle' ? undefined : cursor));
  }
  const done = doneAt(section, page.lastPage === undefined ? 0 : pages / page.lastPage, at.done);
  const checkpoint = { ...at, ...found, next, pages, read: entries, etag, done };
  return { items: page.items, checkpoint, done, step: title, ...(listing && { listing }) };
}

/** The first page's tag stands for the whole list if that is one page, and for a log, where all that is new is on it. */
function cursorAfter(
  order: Section['order'],
  newest: string | null,
  etag: string | undefined,
  known: ListCursor | undefined,
  { startedAt }: GithubCheckpoint,
): ListCursor | undefined {
  switch (order) {
    case 'log':
    case 'whole':
      return etag === undefined ? undefined : { etag };
    case 'since': {
      const since = newest ?? known?.since;
      return since === undefined ? undefined : { since };
    }
    case 'newest':
      return { etag, newest: newestCursorAt(newest, null, startedAt) };
  }
}

function saved(listing: Page['listing'], kind: string, cursor: ListCursor | undefined) {
  return { ...(listing && { listing }), ...(cursor && { cursors: { [kind]: cursor } }) };
}

/** GitHub refuses to go on from where we were: the list is read from its begin. */
function begunAnew(at: GithubCheckpoint, step: string): Page {
  const checkpoint = { ...at, next: null, pages: 0, read: 0, anew: true, newest: null, fresh: 0, etag: null };
  return { items: [], checkpoint, done: at.done, step };
}
