import { listName } from '../cursors.js';
import { follow, isRefusal, isStale, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import type { ExtractionContext, ExtractionPage, ExtractionWarning } from '../platform.js';
import { isSteady, LIST, type SpotifyCheckpoint } from './spotify-checkpoint.js';
import { playlistEntryItem, playlistItem, playlistLength } from './spotify-items.js';
import { type ListPage, MAX_PAGES, pageReader, shareRead, type Trails } from './spotify-lists.js';
import { playlistEntryPage, playlistPage, type SpotifyPlaylist } from './spotify-schemas.js';
import { doneAt, sectionEnd } from './spotify-sections.js';

const TITLE = 'Playlists';
const FIRST_PAGE = '/v1/me/playlists?limit=50';
const ITEM = 'playlist-item';

type Queued = SpotifyCheckpoint['playlists']['queue'][number];

/** Reads one page of the playlists section: of the list itself, or of the first queued playlist's items. */
export async function readPlaylists(
  client: PlatformClient,
  at: SpotifyCheckpoint,
  trails: Trails,
  context: ExtractionContext,
): Promise<ExtractionPage<SpotifyCheckpoint>> {
  const [playlist] = at.playlists.queue;
  return playlist === undefined
    ? readList(client, at, trails.list, context)
    : readItems(client, at, playlist, trails.items, context);
}

async function readList(client: PlatformClient, at: SpotifyCheckpoint, seen: Set<string>, context: ExtractionContext) {
  const here = at.next ?? FIRST_PAGE;
  if (at.next === null) seen.clear();
  seen.add(here);
  const queue = new Map<string, Queued>();
  const read = pageReader(playlistPage, (playlist) => {
    const version = playlist.snapshot_id ?? null;
    if (playlist.id && isReadable(playlist, at) && !isKnown(playlist.id, version, context))
      queue.set(playlist.id, { id: playlist.id, version, empty: playlistLength(playlist) === 0 });
    return playlistItem(playlist);
  });
  let page: ListPage;
  try {
    page = await read(client, here, at.read);
  } catch (error) {
    if (isStale(error) && at.next !== null && !at.anew) {
      const checkpoint = { ...at, ...LIST, anew: true };
      return { items: [], checkpoint, done: at.done, step: TITLE };
    }
    return sectionEnd(at, TITLE, [], [refusal(error, TITLE, 'Spotify'), ...summary(at)]);
  }
  const pages = at.pages + 1;
  const { next, warnings, end } = follow(page.next, pages, seen, {
    title: TITLE,
    maxPages: MAX_PAGES,
    read: page.read,
    maxEntries: context.bounds['playlist'],
  });
  const playlists = {
    ...at.playlists,
    queue: [...queue.values()],
    listed: next === null,
    total: page.total ?? null,
  };
  const length = page.total ?? null;
  const steady = isSteady(at, length);
  const after = { ...at, next, pages, read: page.read, length, steady, playlists };
  const listing = { kind: 'playlist', begins: at.next === null, ends: end === 'whole' && steady, holds: ITEM };
  return { ...turn(at, after, page.items, 0, warnings), listing };
}

/** Whether the items of a playlist were read in this version; without one it may have changed. */
function isKnown(id: string, version: string | null, { cursors }: ExtractionContext): boolean {
  return version !== null && cursors.get(listName(ITEM, id)) === version;
}

/** Spotify gives the items of a playlist only to its owner and collaborators. */
function isReadable(playlist: SpotifyPlaylist, at: SpotifyCheckpoint): boolean {
  const own = playlist.owner?.id ? at.profileIds.includes(playlist.owner.id) : false;
  return own || playlist.collaborative === true;
}

async function readItems(
  client: PlatformClient,
  at: SpotifyCheckpoint,
  { id: playlistId, version, empty }: Queued,
  seen: Set<string>,
  { bounds }: ExtractionContext,
) {
  const { playlists } = at;
  const first = `/v1/playlists/${encodeURIComponent(playlistId)}/items?limit=50&additional_types=track,episode`;
  const here = playlists.items ?? first;
  if (playlists.items === null) seen.clear();
  seen.add(here);
  const finished = { ...playlists, queue: playlists.queue.slice(1), items: null, itemPages: 0 };
  const read = pageReader(playlistEntryPage, (entry) => playlistEntryItem(entry, playlistId, at.profileIds));
  let page: ListPage = { items: [], read: 0, total: 0, times: [], next: null };
  try {
    if (!empty) page = await read(client, here, 0);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return turn(at, { ...at, playlists: { ...finished, refused: playlists.refused + 1 } }, [], 0, []);
  }
  const itemPages = playlists.itemPages + 1;
  const { next, warnings, end } = follow(page.next, itemPages, seen, {
    title: 'The items of a playlist',
    maxPages: MAX_PAGES,
    read: page.read,
    maxEntries: bounds[ITEM],
  });
  const after = next === null ? finished : { ...playlists, items: next, itemPages };
  // What is read of a playlist that goes on counts for progress; a finished one has left the queue.
  const begun = next === null ? 0 : shareRead(page);
  const listing = { kind: ITEM, within: playlistId, begins: playlists.items === null, ends: end === 'whole' };
  const cursor = end === null || end === 'circle' || version === null ? {} : { [listName(ITEM, playlistId)]: version };
  return { ...turn(at, { ...at, playlists: after }, page.items, begun, warnings), listing, cursors: cursor };
}

/** The page from what was read and where that leads; ends the section when nothing is left in it. */
function turn(
  at: SpotifyCheckpoint,
  after: SpotifyCheckpoint,
  items: ExtractionPage['items'],
  begun: number,
  warnings: readonly ExtractionWarning[],
): ExtractionPage<SpotifyCheckpoint> {
  const waiting = after.playlists.queue.length;
  if (waiting === 0 && after.playlists.listed) return sectionEnd(at, TITLE, items, [...warnings, ...summary(after)]);
  const finished = after.read - waiting + begun;
  const done = doneAt(at.section, finished / Math.max(after.playlists.total ?? 0, after.read, 1), at.done);
  return { items, checkpoint: { ...after, done }, done, step: TITLE, warnings };
}

function summary(at: SpotifyCheckpoint): ExtractionWarning[] {
  const { refused } = at.playlists;
  if (refused === 0) return [];
  const what = refused === 1 ? 'The items of one playlist' : `The items of ${refused} playlists`;
  return [{ code: 'NOT_AVAILABLE', message: `${what} could not be read: Spotify refused` }];
}
