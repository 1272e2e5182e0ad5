import { cursorOf, isUpToDate, listName, newestCursor, newestCursorAt, seenTimes } from '../cursors.js';
import { follow, isStale, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import type { ExtractionContext, ExtractionPage, ExtractionWarning, Json } from '../platform.js';
import { sectionProgress } from '../section-progress.js';
import {
  isSteady,
  LIST,
  nextSection,
  SECTION_NAMES,
  type SectionName,
  type SpotifyCheckpoint,
} from './spotify-checkpoint.js';
import {
  followedArtistItem,
  playItem,
  savedAlbumItem,
  savedEpisodeItem,
  savedShowItem,
  savedTrackItem,
  topArtistItem,
  type TopRange,
  topTrackItem,
} from './spotify-items.js';
import { type ListPage, MAX_PAGES, pageReader, type ReadPage, shareRead } from './spotify-lists.js';
import {
  artistPage,
  followedArtistPage,
  playPage,
  savedAlbumPage,
  savedEpisodePage,
  savedShowPage,
  savedTrackPage,
  trackPage,
} from './spotify-schemas.js';

/** A list that is read page by page. */
interface Section {
  /** For people, in messages: "Saved shows could not be read". */
  readonly title: string;
  readonly kind: string;
  readonly path: string;
  readonly reader: (at: SpotifyCheckpoint) => ReadPage;
  /**
   * How a later run finds what is new: `after` asks for what came after the newest known play; `daily` lists have no
   * dates and are read once a day; `newest` lists show the newest first; `whole` ones are read as they are.
   */
  readonly order: 'after' | 'daily' | 'newest' | 'whole';
  /** Period of a top list. */
  readonly range?: TopRange;
}

/** Every list but the playlists, which have lists inside. Albums bring their tracks along, so a page has fewer of them. */
const SECTIONS: Readonly<Record<Exclude<SectionName, 'playlists' | 'end'>, Section>> = {
  'recently-played': list('after', 'Recent plays', 'play', '/v1/me/player/recently-played?limit=50', {
    read: pageReader(playPage, playItem, (play) => play.played_at),
  }),
  'top-artists-short': topArtists('short_term', 'Top artists of the last weeks'),
  'top-artists-medium': topArtists('medium_term', 'Top artists of the last months'),
  'top-artists-long': topArtists('long_term', 'Top artists of the last year'),
  'top-tracks-short': topTracks('short_term', 'Top tracks of the last weeks'),
  'top-tracks-medium': topTracks('medium_term', 'Top tracks of the last months'),
  'top-tracks-long': topTracks('long_term', 'Top tracks of the last year'),
  'saved-tracks': list('newest', 'Saved tracks', 'saved-track', '/v1/me/tracks?limit=50', {
    read: pageReader(savedTrackPage, savedTrackItem, addedAt),
  }),
  'followed-artists': list('whole', 'Followed artists', 'followed-artist', '/v1/me/following?type=artist&limit=50', {
    read: pageReader(followedArtistPage, followedArtistItem),
  }),
  'saved-albums': list('newest', 'Saved albums', 'saved-album', '/v1/me/albums?limit=20', {
    read: pageReader(savedAlbumPage, savedAlbumItem, addedAt),
  }),
  'saved-shows': list('newest', 'Saved shows', 'saved-show', '/v1/me/shows?limit=50', {
    read: pageReader(savedShowPage, savedShowItem, addedAt),
  }),
  'saved-episodes': list('newest', 'Saved episodes', 'saved-episode', '/v1/me/episodes?limit=50', {
    read: pageReader(savedEpisodePage, savedEpisodeItem, addedAt),
  }),
};

function addedAt({ added_at }: { readonly added_at?: string | null | undefined }): string | null | undefined {
  return added_at;
}

function list(
  order: Section['order'],
  title: string,
  kind: string,
  path: string,
  { read }: { readonly read: ReadPage },
): Section {
  return { order, title, kind, path, reader: () => read };
}

function topArtists(range: TopRange, title: string): Section {
  const reader: Section['reader'] = ({ snapshotDay }) =>
    pageReader(artistPage, (artist, index) => topArtistItem(artist, { range, rank: index + 1, snapshotDay }));
  const path = `/v1/me/top/artists?time_range=${range}&limit=50`;
  return { order: 'daily', title, kind: 'top-artist', range, path, reader };
}

function topTracks(range: TopRange, title: string): Section {
  const reader: Section['reader'] = ({ snapshotDay }) =>
    pageReader(trackPage, (track, index) => topTrackItem(track, { range, rank: index + 1, snapshotDay }));
  const path = `/v1/me/top/tracks?time_range=${range}&limit=50`;
  return { order: 'daily', title, kind: 'top-track', range, path, reader };
}

/** Share of the extraction that is done, see `sectionProgress`. */
export const doneAt = sectionProgress(SECTION_NAMES, { 'saved-tracks': 12, 'saved-albums': 3, playlists: 20, end: 0 });

type Page = ExtractionPage<SpotifyCheckpoint>;

/** The page that ends a section and moves the checkpoint to the next one. */
export function sectionEnd(
  at: SpotifyCheckpoint,
  step: string,
  items: Page['items'],
  warnings: readonly ExtractionWarning[],
  more: Pick<Page, 'listing' | 'cursors'> = {},
): Page {
  const done = doneAt(at.section, 1, at.done);
  return { items, checkpoint: nextSection(at, done), done, step, warnings, ...more };
}

/** Reads the page of a plain list at which a checkpoint stands. A list that Spotify refuses ends with a warning. */
export async function readSection(
  client: PlatformClient,
  at: SpotifyCheckpoint,
  section: keyof typeof SECTIONS,
  seen: Set<string>,
  context: ExtractionContext,
): Promise<Page> {
  const { title, kind, path, reader, order, range } = SECTIONS[section];
  const name = listName(kind, range);
  const stored = at.anew ? undefined : context.cursors.get(name);
  if (order === 'daily' && stored === at.snapshotDay) return sectionEnd(at, title, [], []);
  const after = order === 'after' && typeof stored === 'string' ? Date.parse(stored) : NaN;
  const here = at.next ?? (Number.isNaN(after) ? path : `${path}&after=${after}`);
  if (at.next === null) seen.clear();
  seen.add(here);
  let page: ListPage;
  try {
    page = await reader(at)(client, here, at.read);
  } catch (error) {
    if (isStale(error) && here !== path && !at.anew) return begunAnew(at, title);
    return sectionEnd(at, title, [], [refusal(error, title, 'Spotify')]);
  }
  const cursor = order === 'newest' && !at.anew ? cursorOf(context, name, newestCursor) : undefined;
  const found = seenTimes(at, page.times, cursor);
  const state = { ...page, total: page.total ?? null };
  const listing = order === 'newest' || order === 'whole' ? { kind, begins: at.next === null, ends: false } : undefined;
  const steady = isSteady(at, state.total);
  if (steady && isUpToDate(cursor, found, state, { ...at, ...context })) {
    const known = newestCursorAt(found.newest, state.total, cursor.listedAt);
    return sectionEnd(at, title, page.items, [], saved(listing, name, known));
  }
  const pages = at.pages + 1;
  const bounds = { title, maxPages: MAX_PAGES, read: page.read, maxEntries: context.bounds[kind] };
  const { next, warnings, end } = follow(page.next, pages, seen, bounds);
  if (next === null) {
    const last = listing && { ...listing, ends: end === 'whole' && steady };
    const known: Json | undefined =
      order === 'daily'
        ? at.snapshotDay
        : order === 'after'
          ? (found.newest ?? undefined)
          : order === 'newest'
            ? steady
              ? newestCursorAt(found.newest, state.total, at.startedAt)
              : undefined
            : undefined;
    return sectionEnd(at, title, page.items, warnings, saved(last, name, end === 'circle' ? undefined : known));
  }
  const done = doneAt(section, shareRead(page), at.done);
  const checkpoint = { ...at, ...found, next, pages, read: page.read, length: state.total, steady, done };
  return { items: page.items, checkpoint, done, step: title, ...(listing && { listing }) };
}

function saved(listing: Page['listing'], name: string, cursor: Json | undefined): Pick<Page, 'listing' | 'cursors'> {
  return { ...(listing && { listing }), ...(cursor !== undefined && { cursors: { [name]: cursor } }) };
}

/** Spotify refuses to go on from where we were: the list is read from its begin. */
function begunAnew(at: SpotifyCheckpoint, step: string): Page {
  const checkpoint = { ...at, ...LIST, anew: true };
  return { items: [], checkpoint, done: at.done, step };
}
