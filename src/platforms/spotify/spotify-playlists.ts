import { follow, isRefusal, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import type { ExtractionPage, ExtractionWarning } from '../platform.js';
import type { SpotifyCheckpoint } from './spotify-checkpoint.js';
import { playlistEntryItem, playlistItem, playlistLength } from './spotify-items.js';
import { type ListPage, MAX_PAGES, pageReader, shareRead, type Trails } from './spotify-lists.js';
import { playlistEntryPage, playlistPage, type SpotifyPlaylist } from './spotify-schemas.js';
import { doneAt, sectionEnd } from './spotify-sections.js';

const TITLE = 'Playlists';
const FIRST_PAGE = '/v1/me/playlists?limit=50';

/** Reads one page of the playlists section: of the list itself, or of the first queued playlist's items. */
export async function readPlaylists(
  client: PlatformClient,
  at: SpotifyCheckpoint,
  trails: Trails,
): Promise<ExtractionPage<SpotifyCheckpoint>> {
  const [playlistId] = at.playlists.queue;
  return playlistId === undefined ? readList(client, at, trails.list) : readItems(client, at, playlistId, trails.items);
}

async function readList(client: PlatformClient, at: SpotifyCheckpoint, seen: Set<string>) {
  const here = at.next ?? FIRST_PAGE;
  if (at.next === null) seen.clear();
  seen.add(here);
  const queue: string[] = [];
  const read = pageReader(playlistPage, (playlist) => {
    if (playlist.id && isReadable(playlist, at) && !queue.includes(playlist.id)) queue.push(playlist.id);
    return playlistItem(playlist);
  });
  let page: ListPage;
  try {
    page = await read(client, here, at.read);
  } catch (error) {
    return sectionEnd(at, TITLE, [], [refusal(error, TITLE, 'Spotify'), ...summary(at)]);
  }
  const pages = at.pages + 1;
  const { next, warnings } = follow(page.next, pages, seen, { title: TITLE, maxPages: MAX_PAGES });
  const playlists = { ...at.playlists, queue, listed: next === null, total: page.total ?? null };
  const after = { ...at, next, pages, read: page.read, playlists };
  return turn(at, after, page.items, 0, warnings);
}

/** Spotify gives the items of a playlist only to its owner and collaborators. */
function isReadable(playlist: SpotifyPlaylist, at: SpotifyCheckpoint): boolean {
  const own = playlist.owner?.id ? at.profileIds.includes(playlist.owner.id) : false;
  return (own || playlist.collaborative === true) && playlistLength(playlist) !== 0;
}

async function readItems(client: PlatformClient, at: SpotifyCheckpoint, playlistId: string, seen: Set<string>) {
  const { playlists } = at;
  const first = `/v1/playlists/${encodeURIComponent(playlistId)}/items?limit=50&additional_types=track,episode`;
  const here = playlists.items ?? first;
  if (playlists.items === null) seen.clear();
  seen.add(here);
  const finished = { ...playlists, queue: playlists.queue.slice(1), items: null, itemPages: 0 };
  const read = pageReader(playlistEntryPage, (entry) => playlistEntryItem(entry, playlistId, at.profileIds));
  let page: ListPage;
  try {
    page = await read(client, here, 0);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return turn(at, { ...at, playlists: { ...finished, refused: playlists.refused + 1 } }, [], 0, []);
  }
  const itemPages = playlists.itemPages + 1;
  const { next, warnings } = follow(page.next, itemPages, seen, {
    title: 'The items of a playlist',
    maxPages: MAX_PAGES,
  });
  const after = next === null ? finished : { ...playlists, items: next, itemPages };
  // What is read of a playlist that goes on counts for progress; a finished one has left the queue.
  const begun = next === null ? 0 : shareRead(page);
  return turn(at, { ...at, playlists: after }, page.items, begun, warnings);
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
