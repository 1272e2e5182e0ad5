import { z } from 'zod';
import { boundedArray } from '../bounded-array.js';

/*
 * What we use of YouTube's answers, with everything optional that is sometimes absent: `items` of an account without a
 * channel, statistics that are hidden, topics of most videos. Counters are strings. Fields not named here are dropped.
 */

const text = z.string().nullish();
const id = z.string().max(200).nullish();
const time = z.string().max(64).nullish();
const words = boundedArray(z.string(), 1_000).nullish();
const topics = z.object({ topicCategories: words }).nullish();

/** One page of any list: at most 50 entries. */
export interface YoutubePage<Entry> {
  readonly items: readonly Entry[];
  readonly nextPageToken?: string | null | undefined;
  readonly pageInfo?: { readonly totalResults?: number | null | undefined } | null | undefined;
}

function pageOf<Entry>(entry: z.ZodType<Entry>): z.ZodType<YoutubePage<Entry>> {
  return z
    .object({
      items: boundedArray(entry, 1_000).nullish(),
      nextPageToken: z.string().max(2_000).nullish(),
      pageInfo: z.object({ totalResults: z.number().nullish() }).nullish(),
    })
    .transform(({ items, ...page }) => ({ ...page, items: items ?? [] }));
}

const channel = z.object({
  id: z.string().min(1).max(200),
  snippet: z.object({ title: text, customUrl: text, country: text, publishedAt: time }).nullish(),
  contentDetails: z.object({ relatedPlaylists: z.object({ likes: id, uploads: id }).nullish() }).nullish(),
  statistics: z.object({ subscriberCount: text, videoCount: text }).nullish(),
  topicDetails: topics,
});
export type YoutubeChannel = z.infer<typeof channel>;

const subscription = z.object({
  snippet: z.object({ publishedAt: time, title: text, resourceId: z.object({ channelId: id }).nullish() }).nullish(),
});
export type YoutubeSubscription = z.infer<typeof subscription>;

const playlist = z.object({
  id,
  snippet: z.object({ title: text, publishedAt: time }).nullish(),
  contentDetails: z.object({ itemCount: z.number().nullish() }).nullish(),
});
export type YoutubePlaylist = z.infer<typeof playlist>;

const playlistItem = z.object({
  id,
  snippet: z
    .object({ publishedAt: time, title: text, videoOwnerChannelId: id, videoOwnerChannelTitle: text })
    .nullish(),
  contentDetails: z.object({ videoId: id, videoPublishedAt: time }).nullish(),
});
export type YoutubePlaylistItem = z.infer<typeof playlistItem>;

const video = z.object({
  id,
  snippet: z.object({ categoryId: text, defaultAudioLanguage: text, defaultLanguage: text, tags: words }).nullish(),
  contentDetails: z.object({ duration: text }).nullish(),
  topicDetails: topics,
});
export type YoutubeVideo = z.infer<typeof video>;

export const channelPage = pageOf(channel);
export const subscriptionPage = pageOf(subscription);
export const playlistPage = pageOf(playlist);
export const playlistItemPage = pageOf(playlistItem);
export const videoPage = pageOf(video);
