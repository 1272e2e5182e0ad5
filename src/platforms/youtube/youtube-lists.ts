import { z } from 'zod';
import { counted, type List, listsOf, type Page } from '../list.js';
import { UNREADABLE } from '../page-entries.js';
import type { PlatformClient } from '../platform-client.js';
import { entryItem, playlistItem, subscriptionItem } from './youtube-items.js';
import {
  entryPage,
  playlistItemPage,
  playlistPage,
  subscriptionPage,
  videoPage,
  type YoutubeEntry,
  type YoutubePage,
  type YoutubePlaylist,
  type YoutubePlaylistItem,
  type YoutubeVideo,
} from './youtube-schemas.js';

const id = z.string().min(1).max(200);

/** The playlists that YouTube keeps for the account: what was liked, and what the channel uploaded if there is one. */
export const youtubeAccount = z.object({ likes: id, uploads: id.nullable() });
export type YoutubeAccount = z.infer<typeof youtubeAccount>;

/** An entry of a playlist and the video behind it, which is missing when that is private or deleted. */
interface VideoEntry<Entry extends YoutubeEntry> {
  readonly entry: Entry;
  readonly video: YoutubeVideo | undefined;
}

const { list, listWithin } = listsOf<YoutubeAccount>();

const playlistItems = listWithin({
  kind: 'playlist-item',
  title: 'Items of playlists',
  order: 'whole',
  atMost: 20_000,
  owner: z.object({ id, version: z.null() }),
  ownerOf: (playlist: YoutubePlaylist) => ({ id: playlist.id, version: null }),
  step: () => 'Items of playlists',
  first: ({ owner }) => entriesOf(owner.id),
  page: videoEntries(playlistItemPage),
  toItem: ({ entry, video }: VideoEntry<YoutubePlaylistItem>, { owner }) =>
    entryItem('playlist-item', entry, video, { id: entry.id, playlistId: owner.id }),
  several: (playlists) => `The items of ${counted(playlists, 'playlist', 'playlists')}`,
});

/** In the order in which they are read. */
export const YOUTUBE_LISTS: readonly List<YoutubeAccount>[] = [
  list({
    kind: 'subscription',
    title: 'Subscriptions',
    order: 'whole',
    atMost: 20_000,
    weight: 4,
    first: () => '/youtube/v3/subscriptions?part=snippet&mine=true&order=alphabetical&maxResults=50',
    page: pages(subscriptionPage),
    toItem: subscriptionItem,
  }),
  list({
    kind: 'liked-video',
    title: 'Liked videos',
    order: 'newest',
    // YouTube itself keeps 5,000.
    atMost: 20_000,
    weight: 20,
    first: ({ account }) => entriesOf(account.likes),
    page: videoEntries(entryPage),
    toItem: ({ entry, video }: VideoEntry<YoutubeEntry>) => entryItem('liked-video', entry, video),
    timeOf: ({ entry }: VideoEntry<YoutubeEntry>) => entry.snippet?.publishedAt,
  }),
  list({
    kind: 'upload',
    title: 'Uploads',
    order: 'newest',
    atMost: 20_000,
    first: ({ account }) => account.uploads && entriesOf(account.uploads),
    page: videoEntries(entryPage),
    toItem: ({ entry, video }: VideoEntry<YoutubeEntry>) => entryItem('upload', entry, video),
    timeOf: ({ entry }: VideoEntry<YoutubeEntry>) => entry.snippet?.publishedAt,
  }),
  list({
    kind: 'playlist',
    title: 'Playlists',
    order: 'whole',
    atMost: 1_000,
    weight: 11,
    first: () => '/youtube/v3/playlists?part=snippet,contentDetails&mine=true&maxResults=50',
    page: pages(playlistPage),
    toItem: playlistItem,
    within: playlistItems,
  }),
];

/** In all playlists `snippet.publishedAt` is when the person put the video there. */
function entriesOf(playlistId: string): string {
  return `/youtube/v3/playlistItems?part=snippet,contentDetails&playlistId=${encodeURIComponent(playlistId)}&maxResults=50`;
}

/** Reads pages in YouTube's form, which give a token for the next one. */
function pages<Entry>(schema: z.ZodType<YoutubePage<Entry>>) {
  return async (client: PlatformClient, path: string): Promise<Page<Entry>> => {
    const { data } = await client.get(path, schema);
    return {
      entries: data.items,
      next: data.nextPageToken ? withToken(path, data.nextPageToken) : null,
      // It counts closed channels and hidden videos, too.
      counted: data.pageInfo?.totalResults ?? undefined,
    };
  };
}

function withToken(path: string, token: string): string {
  return `${path.replace(/&pageToken=.*$/, '')}&pageToken=${encodeURIComponent(token)}`;
}

/** A playlist names its videos; what they are about is asked for in a second request. */
function videoEntries<Entry extends YoutubeEntry>(schema: z.ZodType<YoutubePage<Entry>>) {
  return async (client: PlatformClient, path: string): Promise<Page<VideoEntry<Entry>>> => {
    const page = await pages(schema)(client, path);
    const present = page.entries.filter((entry) => entry !== null && entry !== UNREADABLE);
    const videos = await readVideos(
      client,
      present.map((entry) => entry.contentDetails.videoId),
    );
    return {
      ...page,
      entries: page.entries.map((entry) =>
        entry === null || entry === UNREADABLE ? entry : { entry, video: videos.get(entry.contentDetails.videoId) },
      ),
    };
  };
}

/** Private and deleted videos are left out of the answer, and what is not understood of it here. */
async function readVideos(client: PlatformClient, ids: readonly string[]): Promise<ReadonlyMap<string, YoutubeVideo>> {
  const unique = [...new Set(ids)].slice(0, 50);
  if (unique.length === 0) return new Map();
  const query = { part: 'snippet,contentDetails,topicDetails', id: unique.join(','), maxResults: 50 };
  const { data } = await client.get('/youtube/v3/videos', videoPage, { query });
  const videos = data.items.filter((video) => video !== null && video !== UNREADABLE);
  return new Map(videos.map((video) => [video.id, video]));
}
