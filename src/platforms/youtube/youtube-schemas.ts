import { z } from 'zod';
import { boundedArray } from '../bounded-array.js';
import { optionalField } from '../optional-field.js';
import { type PageEntry, pageEntries } from '../page-entries.js';

/*
 * What we use of YouTube's answers, with everything optional that is sometimes absent: `items` of an account without a
 * channel, statistics that are hidden, topics of most videos. Required is only what identifies a thing. Counters are
 * strings. Fields not named here are dropped.
 */

const identity = z.string().min(1).max(200);
const text = optionalField(z.string());
const id = optionalField(z.string().max(200));
const time = optionalField(z.string().max(64));
const topics = optionalField(z.object({ topicCategories: optionalField(boundedArray(z.string(), 200)) }));

/** One page of any list: at most 50 entries. */
export interface YoutubePage<Entry> {
  readonly items: readonly PageEntry<Entry>[];
  readonly nextPageToken?: string | null | undefined;
  readonly pageInfo?: { readonly totalResults?: number | null | undefined } | null | undefined;
}

/** Without entries `items` may be absent, but only where YouTube counts none. The token has to be one: it leads on. */
function pageOf<Entry>(entry: z.ZodType<Entry>, uncounted?: number): z.ZodType<YoutubePage<Entry>> {
  return z
    .object({
      items: pageEntries(entry).nullish(),
      nextPageToken: z.string().max(2_000).nullish(),
      pageInfo: optionalField(z.object({ totalResults: optionalField(z.number()) })),
    })
    .refine(({ items, pageInfo }) => items != null || (pageInfo?.totalResults ?? uncounted) === 0, {
      message: 'no items',
    })
    .transform(({ items, ...page }) => ({ ...page, items: items ?? [] }));
}

const playlistsOfChannel = optionalField(z.object({ likes: id, uploads: id }));
const channel = z.object({
  id: identity,
  snippet: optionalField(z.object({ title: text, customUrl: text, country: text, publishedAt: time })),
  contentDetails: optionalField(z.object({ relatedPlaylists: playlistsOfChannel })),
  statistics: optionalField(z.object({ subscriberCount: text, videoCount: text })),
  topicDetails: topics,
});
export type YoutubeChannel = z.infer<typeof channel>;

const subscription = z.object({
  snippet: z.object({ publishedAt: time, title: text, resourceId: z.object({ channelId: identity }) }),
});
export type YoutubeSubscription = z.infer<typeof subscription>;

const playlist = z.object({
  id: identity,
  snippet: optionalField(z.object({ title: text, publishedAt: time })),
  contentDetails: optionalField(z.object({ itemCount: optionalField(z.number()) })),
});
export type YoutubePlaylist = z.infer<typeof playlist>;

/** Likes and uploads are known by their video; a playlist may hold one several times. */
const entry = z.object({
  snippet: optionalField(
    z.object({ publishedAt: time, title: text, videoOwnerChannelId: id, videoOwnerChannelTitle: text }),
  ),
  contentDetails: z.object({ videoId: identity, videoPublishedAt: time }),
});
export type YoutubeEntry = z.infer<typeof entry>;
const playlistItem = entry.extend({ id: identity });
export type YoutubePlaylistItem = z.infer<typeof playlistItem>;

const video = z.object({
  id: identity,
  snippet: optionalField(z.object({ categoryId: text, defaultAudioLanguage: text, defaultLanguage: text })),
  contentDetails: optionalField(z.object({ duration: text })),
  topicDetails: topics,
});
export type YoutubeVideo = z.infer<typeof video>;

/** Of an account without a channel it may have nothing at all. */
export const channelPage = pageOf(channel, 0);
export const subscriptionPage = pageOf(subscription);
export const playlistPage = pageOf(playlist);
export const entryPage = pageOf(entry);
export const playlistItemPage = pageOf(playlistItem);
export const videoPage = pageOf(video);
