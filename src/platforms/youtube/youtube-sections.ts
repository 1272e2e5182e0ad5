import { cursorOf, isUpToDate, newestCursor, newestCursorAt, seenTimes } from '../cursors.js';
import { isoTime } from '../item-fields.js';
import { distinct, follow, isRefusal, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import type { ExtractedItem, ExtractionContext, ExtractionPage, ExtractionWarning, Listing } from '../platform.js';
import { sectionProgress } from '../section-progress.js';
import { LIST, nextSection, SECTION_NAMES, type SectionName, type YoutubeCheckpoint } from './youtube-checkpoint.js';
import { type EntryKind, entryItem, playlistItem, subscriptionItem } from './youtube-items.js';
import { playlistItemPage, playlistPage, subscriptionPage, videoPage, type YoutubeVideo } from './youtube-schemas.js';

/** How many pages of one list are followed: 20,000 entries at 50 a page. YouTube keeps 5,000 likes. */
const MAX_PAGES = 400;

type Page = ExtractionPage<YoutubeCheckpoint>;
type ReadSection = Exclude<SectionName, 'end'>;

/** A page of a list, mapped. */
interface ListPage {
  readonly items: readonly ExtractedItem[];
  /** Ids of the playlists on the page. */
  readonly playlists: readonly string[];
  readonly read: number;
  /** When its entries were put there; as ISO strings, which sort. */
  readonly times: readonly string[];
  /** Approximate, YouTube says. */
  readonly total: number;
  readonly next: string | null;
}

const TITLES: Readonly<Record<ReadSection, string>> = {
  subscriptions: 'Subscriptions',
  likes: 'Liked videos',
  uploads: 'Uploads',
  playlists: 'Playlists',
  'playlist-items': 'Items of playlists',
};

const KINDS: Readonly<Record<ReadSection, string>> = {
  subscriptions: 'subscription',
  likes: 'liked-video',
  uploads: 'upload',
  playlists: 'playlist',
  'playlist-items': 'playlist-item',
};

/** Share of the extraction that is done, see `sectionProgress`. */
export const doneAt = sectionProgress(SECTION_NAMES, { subscriptions: 4, likes: 20, 'playlist-items': 10, end: 0 });

/** Reads the page at which a checkpoint stands. A list that YouTube refuses ends with a warning. */
export async function readSection(
  client: PlatformClient,
  at: YoutubeCheckpoint,
  section: ReadSection,
  seen: Set<string>,
  context: ExtractionContext,
): Promise<Page> {
  const read = readerOf(at, section);
  if (!read) return sectionEnd(at, section, [], summary(at, section));
  if (at.next === null) seen.clear();
  else seen.add(at.next);
  let page: ListPage;
  try {
    page = await read(client, at.next);
  } catch (error) {
    if (isUnknownToken(error, at)) return begunAnew(at, section);
    if (section !== 'playlist-items') return sectionEnd(at, section, [], [refusal(error, TITLES[section], 'YouTube')]);
    if (!isRefusal(error)) throw error;
    return playlistEnd({ ...at, refused: at.refused + 1 }, [], []);
  }
  const kind = KINDS[section];
  const showsNewestFirst = section === 'likes' || section === 'uploads';
  const cursor = showsNewestFirst && !at.restarted ? cursorOf(context, kind, newestCursor) : undefined;
  const found = seenTimes(at, page.times, cursor);
  // The total is approximate, so it does not tell whether something was taken out.
  if (isUpToDate(cursor, found, { times: page.times, total: null }, { ...at, ...context })) {
    const known = newestCursorAt(found.newest, null, cursor.listedAt);
    const listing = listingOf(at, section, false);
    return { ...sectionEnd(at, section, page.items, []), listing, ...(known && { cursors: { [kind]: known } }) };
  }
  const pages = at.pages + 1;
  const bounds = { read: at.read + page.read, maxEntries: context.bounds[kind] };
  const { next, warnings, end } = follow(page.next, pages, seen, {
    title: TITLES[section],
    maxPages: MAX_PAGES,
    ...bounds,
  });
  const listing = listingOf(at, section, end === 'whole');
  const queue = [...new Set([...at.queue, ...page.playlists])].slice(0, 1_000);
  const after = {
    ...at,
    ...found,
    next,
    pages,
    read: at.read + page.read,
    queue,
    playlists: Math.max(at.playlists, queue.length),
  };
  if (next === null) {
    if (section === 'playlist-items') return { ...playlistEnd(after, page.items, warnings), listing };
    const known = showsNewestFirst && end !== 'circle' ? newestCursorAt(found.newest, null, at.startedAt) : undefined;
    const last = sectionEnd(after, section, page.items, warnings);
    return { ...last, listing, ...(known && { cursors: { [kind]: known } }) };
  }
  const share = section === 'playlist-items' ? playlistShare(after) : after.read / Math.max(page.total, after.read, 1);
  const done = doneAt(section, share, at.done);
  return { items: page.items, checkpoint: { ...after, done }, done, step: TITLES[section], warnings, listing };
}

function listingOf(at: YoutubeCheckpoint, section: ReadSection, ends: boolean): Listing {
  return {
    kind: KINDS[section],
    ...(section === 'playlist-items' && { within: at.queue[0] }),
    begins: at.next === null,
    ends,
    ...(section === 'playlists' && { holds: KINDS['playlist-items'] }),
  };
}

/** Undefined where there is nothing to read. */
function readerOf(at: YoutubeCheckpoint, section: ReadSection) {
  switch (section) {
    case 'subscriptions':
      return readSubscriptions;
    case 'playlists':
      return readPlaylists;
    case 'likes':
      return at.likes === null ? undefined : entriesOf('liked-video', at.likes);
    case 'uploads':
      return at.uploads === null ? undefined : entriesOf('upload', at.uploads);
    case 'playlist-items':
      return at.queue[0] === undefined ? undefined : entriesOf('playlist-item', at.queue[0]);
  }
}

async function readSubscriptions(client: PlatformClient, pageToken: string | null): Promise<ListPage> {
  const query = { part: 'snippet', mine: 'true', order: 'alphabetical', ...paging(pageToken) };
  const { data } = await client.get('/youtube/v3/subscriptions', subscriptionPage, { query });
  return mapped(data, data.items.map(subscriptionItem), data.items);
}

async function readPlaylists(client: PlatformClient, pageToken: string | null): Promise<ListPage> {
  const query = { part: 'snippet,contentDetails', mine: 'true', ...paging(pageToken) };
  const { data } = await client.get('/youtube/v3/playlists', playlistPage, { query });
  return { ...mapped(data, data.items.map(playlistItem), []), playlists: data.items.flatMap((each) => each.id || []) };
}

/** A playlist names its videos; what they are about is asked for in a second request. */
function entriesOf(kind: EntryKind, playlistId: string) {
  return async (client: PlatformClient, pageToken: string | null): Promise<ListPage> => {
    const query = { part: 'snippet,contentDetails', playlistId, ...paging(pageToken) };
    const { data } = await client.get('/youtube/v3/playlistItems', playlistItemPage, { query });
    const videos = await readVideos(
      client,
      data.items.flatMap((entry) => entry.contentDetails?.videoId || []),
    );
    const toItem = (entry: (typeof data.items)[number]) =>
      entryItem(kind, entry, playlistId, videos.get(entry.contentDetails?.videoId ?? ''));
    return mapped(data, data.items.map(toItem), data.items);
  };
}

/** Private and deleted videos are left out of the answer. */
async function readVideos(client: PlatformClient, ids: readonly string[]): Promise<ReadonlyMap<string, YoutubeVideo>> {
  const unique = [...new Set(ids)].slice(0, 50);
  if (unique.length === 0) return new Map();
  const query = { part: 'snippet,contentDetails,topicDetails', id: unique.join(','), maxResults: 50 };
  const { data } = await client.get('/youtube/v3/videos', videoPage, { query });
  return new Map(data.items.map((video) => [video.id ?? '', video]));
}

function paging(pageToken: string | null) {
  return { maxResults: 50, pageToken: pageToken ?? undefined };
}

function mapped(
  data: { readonly items: readonly unknown[]; readonly nextPageToken?: string | null | undefined } & {
    readonly pageInfo?: { readonly totalResults?: number | null | undefined } | null | undefined;
  },
  items: readonly (ExtractedItem | null)[],
  dated: readonly { readonly snippet?: { readonly publishedAt?: string | null | undefined } | null | undefined }[],
): ListPage {
  return {
    items: distinct(items),
    playlists: [],
    read: data.items.length,
    times: dated.flatMap(({ snippet }) => isoTime(snippet?.publishedAt) ?? []),
    total: data.pageInfo?.totalResults ?? 0,
    next: data.nextPageToken || null,
  };
}

/** 400 `invalidPageToken`: tokens do not live for ever. */
function isUnknownToken(error: unknown, at: YoutubeCheckpoint): boolean {
  return error instanceof PlatformError && error.details.status === 400 && at.next !== null && !at.restarted;
}

function begunAnew(at: YoutubeCheckpoint, section: ReadSection): Page {
  const checkpoint = { ...at, ...LIST, restarted: true };
  return { items: [], checkpoint, done: at.done, step: TITLES[section] };
}

function sectionEnd(
  at: YoutubeCheckpoint,
  section: ReadSection,
  items: Page['items'],
  warnings: readonly ExtractionWarning[],
): Page {
  const done = doneAt(section, 1, at.done);
  return { items, checkpoint: nextSection(at, done), done, step: TITLES[section], warnings };
}

/** On to the next playlist; the section ends when none is left. */
function playlistEnd(at: YoutubeCheckpoint, items: Page['items'], warnings: readonly ExtractionWarning[]): Page {
  const after = { ...at, ...LIST, queue: at.queue.slice(1) };
  const done = doneAt('playlist-items', playlistShare(after), at.done);
  return { items, checkpoint: { ...after, done }, done, step: TITLES['playlist-items'], warnings };
}

function playlistShare({ queue, playlists }: YoutubeCheckpoint): number {
  return 1 - queue.length / Math.max(playlists, 1);
}

function summary({ refused }: YoutubeCheckpoint, section: ReadSection): ExtractionWarning[] {
  if (section !== 'playlist-items' || refused === 0) return [];
  const what = refused === 1 ? 'The items of one playlist' : `The items of ${refused} playlists`;
  return [{ code: 'NOT_AVAILABLE', message: `${what} could not be read: YouTube refused` }];
}
