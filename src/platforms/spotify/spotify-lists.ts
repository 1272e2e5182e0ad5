import { z } from 'zod';
import { counted, type List, listsOf, type Page } from '../list.js';
import { UNREADABLE } from '../page-entries.js';
import type { PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import {
  followedArtistItem,
  playItem,
  playlistEntryItem,
  playlistItem,
  playlistLength,
  savedAlbumItem,
  savedEpisodeItem,
  savedShowItem,
  savedTrackItem,
  topArtistItem,
  type TopRange,
  topTrackItem,
} from './spotify-items.js';
import {
  artistPage,
  followedArtistPage,
  playlistEntryPage,
  playlistPage,
  playPage,
  savedAlbumPage,
  savedEpisodePage,
  savedShowPage,
  savedTrackPage,
  type SpotifyArtist,
  type SpotifyPage,
  type SpotifyPlay,
  type SpotifyPlayable,
  type SpotifyPlaylistEntry,
  type SpotifyPlaylist,
  trackPage,
} from './spotify-schemas.js';

/** The account's ids: playlists and additions of others have other ones. */
export const spotifyAccount = z.object({ ids: z.array(z.string()).min(1) });
export type SpotifyAccount = z.infer<typeof spotifyAccount>;

/** The newest top lists are shown, and those of a year before for comparison. */
const TOP_LIST_DAYS = 400;

const { list, listWithin } = listsOf<SpotifyAccount>();

const playlistItems = listWithin({
  kind: 'playlist-item',
  title: 'The items of a playlist',
  order: 'whole',
  // Spotify's own longest playlist.
  atMost: 10_000,
  owner: z.object({ id: z.string().max(200), version: z.string().max(500).nullable(), empty: z.boolean() }),
  ownerOf: playlistOwner,
  first: ({ owner }) => `/v1/playlists/${encodeURIComponent(owner.id)}/items?limit=50&additional_types=track,episode`,
  page: pages(playlistEntryPage),
  toItem: (entry: SpotifyPlaylistEntry, { owner, account }) => playlistEntryItem(entry, owner.id, account.ids),
  several: (playlists) => `The items of ${counted(playlists, 'playlist', 'playlists')}`,
});

/** In the order in which they are read: what Spotify soon forgets, then what matters most to the signature. */
export const SPOTIFY_LISTS: readonly List<SpotifyAccount>[] = [
  list({
    kind: 'play',
    title: 'Recent plays',
    order: 'since',
    // Nobody plays fifty songs of usual length within two hours.
    polling: { keeps: 50, everyMs: 7_200_000 },
    first: (_reading, since) => `/v1/me/player/recently-played?limit=50${since ? `&after=${since.getTime()}` : ''}`,
    page: readPlays,
    toItem: playItem,
    timeOf: (play) => play.played_at,
  }),
  topArtists('short_term', 'Top artists of the last weeks'),
  topArtists('medium_term', 'Top artists of the last months'),
  topArtists('long_term', 'Top artists of the last year'),
  topTracks('short_term', 'Top tracks of the last weeks'),
  topTracks('medium_term', 'Top tracks of the last months'),
  topTracks('long_term', 'Top tracks of the last year'),
  list({
    kind: 'saved-track',
    title: 'Saved tracks',
    order: 'newest',
    atMost: 20_000,
    weight: 12,
    first: () => '/v1/me/tracks?limit=50',
    page: pages(savedTrackPage),
    toItem: savedTrackItem,
    timeOf: (entry) => entry.added_at,
  }),
  list({
    kind: 'followed-artist',
    title: 'Followed artists',
    order: 'whole',
    atMost: 20_000,
    first: () => '/v1/me/following?type=artist&limit=50',
    page: pages(followedArtistPage),
    toItem: followedArtistItem,
  }),
  list({
    kind: 'saved-album',
    title: 'Saved albums',
    order: 'newest',
    atMost: 8_000,
    weight: 3,
    // Albums bring their tracks along, so a page has fewer of them.
    first: () => '/v1/me/albums?limit=20',
    page: pages(savedAlbumPage),
    toItem: savedAlbumItem,
    timeOf: (entry) => entry.added_at,
  }),
  list({
    kind: 'saved-show',
    title: 'Saved shows',
    order: 'newest',
    atMost: 20_000,
    first: () => '/v1/me/shows?limit=50',
    page: pages(savedShowPage),
    toItem: savedShowItem,
    timeOf: (entry) => entry.added_at,
  }),
  list({
    kind: 'saved-episode',
    title: 'Saved episodes',
    order: 'newest',
    atMost: 20_000,
    first: () => '/v1/me/episodes?limit=50',
    page: pages(savedEpisodePage),
    toItem: savedEpisodeItem,
    timeOf: (entry) => entry.added_at,
  }),
  list({
    kind: 'playlist',
    title: 'Playlists',
    order: 'whole',
    atMost: 2_000,
    weight: 20,
    first: () => '/v1/me/playlists?limit=50',
    page: pages(playlistPage),
    toItem: playlistItem,
    within: playlistItems,
  }),
];

function topArtists(range: TopRange, title: string): List<SpotifyAccount> {
  return list({
    kind: 'top-artist',
    part: range,
    title,
    order: 'daily',
    keepDays: TOP_LIST_DAYS,
    first: () => `/v1/me/top/artists?time_range=${range}&limit=50`,
    page: pages(artistPage),
    toItem: (artist: SpotifyArtist, { day }, index) =>
      topArtistItem(artist, { range, rank: index + 1, snapshotDay: day }),
  });
}

function topTracks(range: TopRange, title: string): List<SpotifyAccount> {
  return list({
    kind: 'top-track',
    part: range,
    title,
    order: 'daily',
    keepDays: TOP_LIST_DAYS,
    first: () => `/v1/me/top/tracks?time_range=${range}&limit=50`,
    page: pages(trackPage),
    toItem: (track: SpotifyPlayable, { day }, index) =>
      topTrackItem(track, { range, rank: index + 1, snapshotDay: day }),
  });
}

/** Spotify gives the items of a playlist only to its owner and collaborators. */
function playlistOwner(playlist: SpotifyPlaylist, { account }: { readonly account: SpotifyAccount }) {
  if (!playlist.id) return null;
  if (playlist.collaborative !== true) {
    if (!playlist.owner?.id) return UNREADABLE;
    if (!account.ids.includes(playlist.owner.id)) return null;
  }
  return { id: playlist.id, version: playlist.snapshot_id ?? null, empty: playlistLength(playlist) === 0 };
}

/** In a private session Spotify answers without content (204): there is nothing to tell. Further pages go on `before` a time. */
async function readPlays(client: PlatformClient, path: string): Promise<Page<SpotifyPlay>> {
  try {
    return await pages(playPage)(client, path);
  } catch (error) {
    if (error instanceof PlatformError && error.details.status === 204 && !path.includes('before=')) {
      return { entries: [], next: null };
    }
    throw error;
  }
}

/** Reads pages in Spotify's form, which name the address of the next one. */
function pages<Entry>(schema: z.ZodType<SpotifyPage<Entry>>) {
  return async (client: PlatformClient, path: string): Promise<Page<Entry>> => {
    const { data } = await client.get(path, schema);
    const next = data.next ? client.pathOf(data.next) : null;
    if (next !== null && !next.startsWith('/v1/')) {
      throw new PlatformError('PLATFORM_BAD_ANSWER', 'Spotify named a next page that is none of its lists');
    }
    return { entries: data.items, next, total: data.total ?? undefined };
  };
}
