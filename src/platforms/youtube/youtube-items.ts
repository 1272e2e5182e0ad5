import { type Fields, instant, trimmed } from '../item-fields.js';
import type { ExtractedItem } from '../platform.js';
import type {
  YoutubeChannel,
  YoutubeEntry,
  YoutubePlaylist,
  YoutubeSubscription,
  YoutubeVideo,
} from './youtube-schemas.js';

/** YouTube began in 2005. */
const BEGINNING = Date.UTC(2005, 0);

export function channelItem(channel: YoutubeChannel): ExtractedItem {
  const { snippet, statistics, topicDetails } = channel;
  return snapshot('channel', channel.id, {
    title: snippet?.title,
    handle: snippet?.customUrl,
    country: snippet?.country,
    createdAt: snippet?.publishedAt,
    subscriberCount: statistics?.subscriberCount,
    videoCount: statistics?.videoCount,
    topicCategories: topicDetails?.topicCategories,
  });
}

/** `snippet.publishedAt` is when the person subscribed; `snippet.channelId` would be the subscriber. */
export function subscriptionItem({ snippet }: YoutubeSubscription): ExtractedItem {
  const { channelId } = snippet.resourceId;
  return act('subscription', channelId, channelId, snippet.publishedAt, { title: snippet.title });
}

export function playlistItem(playlist: YoutubePlaylist): ExtractedItem {
  return snapshot('playlist', playlist.id, {
    title: playlist.snippet?.title,
    createdAt: playlist.snippet?.publishedAt,
    itemCount: playlist.contentDetails?.itemCount,
  });
}

/** What playlists hold: in all of them `snippet.publishedAt` is when the person put the video there. */
export type EntryKind = 'liked-video' | 'upload' | 'playlist-item';

/** A video in a list of the person's. Likes and uploads are one a video; a playlist may hold a video twice. */
export function entryItem(
  kind: EntryKind,
  { snippet, contentDetails }: YoutubeEntry,
  video: YoutubeVideo | undefined,
  inPlaylist?: { readonly id: string; readonly playlistId: string },
): ExtractedItem {
  const { videoId } = contentDetails;
  const externalId = inPlaylist ? `${inPlaylist.playlistId}:${inPlaylist.id}` : videoId;
  return act(kind, externalId, snippet?.videoOwnerChannelId, snippet?.publishedAt, {
    videoId,
    title: snippet?.title,
    channelTitle: snippet?.videoOwnerChannelTitle,
    videoPublishedAt: contentDetails.videoPublishedAt,
    playlistId: inPlaylist?.playlistId,
    categoryId: video?.snippet?.categoryId,
    language: video?.snippet?.defaultAudioLanguage ?? video?.snippet?.defaultLanguage,
    duration: video?.contentDetails?.duration,
    topicCategories: video?.topicDetails?.topicCategories,
  });
}

function act(
  kind: string,
  externalId: string,
  channelId: string | null | undefined,
  at: string | null | undefined,
  payload: Fields,
): ExtractedItem {
  const occurredAt = instant(at, BEGINNING);
  return {
    kind,
    externalId,
    key: channelId ? `channel:${channelId}` : null,
    occurredAt,
    timeMeaning: occurredAt === null ? 'snapshot' : 'user_act',
    payload: trimmed(payload),
  };
}

function snapshot(kind: string, externalId: string, payload: Fields): ExtractedItem {
  return { kind, externalId, key: null, occurredAt: null, timeMeaning: 'snapshot', payload: trimmed(payload) };
}
