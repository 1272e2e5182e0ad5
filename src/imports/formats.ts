import type { ArchiveFormat, Beginning, RefusedFormat } from './format.js';
import { discordAccount } from './formats/discord-account.js';
import { discordChatExport } from './formats/discord-chat-export.js';
import { discordMessages, discordMessagesCsv } from './formats/discord-messages.js';
import { discordServers } from './formats/discord-servers.js';
import { goodreadsLibrary } from './formats/goodreads-library.js';
import { lastfm } from './formats/lastfm.js';
import { letterboxdDiary } from './formats/letterboxd-diary.js';
import { letterboxdRatings } from './formats/letterboxd-ratings.js';
import { listenbrainz } from './formats/listenbrainz.js';
import { netflixHistory } from './formats/netflix-history.js';
import { netflixViewing } from './formats/netflix-viewing.js';
import { redditComments } from './formats/reddit-comments.js';
import { redditPosts } from './formats/reddit-posts.js';
import { redditSaved } from './formats/reddit-saved.js';
import { redditStatistics } from './formats/reddit-statistics.js';
import { redditSubscriptions } from './formats/reddit-subscriptions.js';
import { spotifyAccount } from './formats/spotify-account.js';
import { spotifyExtended } from './formats/spotify-extended.js';
import { spotifyLibrary } from './formats/spotify-library.js';
import { youtubeHistory } from './formats/youtube-history.js';
import { youtubeHtml } from './formats/youtube-html.js';
import { youtubeSubscriptions } from './formats/youtube-subscriptions.js';

/** All formats. A new one is a file and a line here. */
export const FORMATS: readonly ArchiveFormat[] = [
  discordMessages,
  discordMessagesCsv,
  discordServers,
  goodreadsLibrary,
  lastfm,
  letterboxdDiary,
  letterboxdRatings,
  listenbrainz,
  netflixHistory,
  netflixViewing,
  redditComments,
  redditPosts,
  redditSaved,
  redditSubscriptions,
  spotifyAccount,
  spotifyExtended,
  spotifyLibrary,
  youtubeHistory,
  youtubeSubscriptions,
];

/** Files that are recognised and of no use. */
const REFUSED: readonly RefusedFormat[] = [discordAccount, discordChatExport, redditStatistics, youtubeHtml];

/** The format of a file; undefined when none recognises it. */
export function formatOf(beginning: Beginning): ArchiveFormat | undefined {
  return FORMATS.find((format) => format.detect(beginning));
}

export function formatNamed(name: string): ArchiveFormat | undefined {
  return FORMATS.find((format) => format.name === name);
}

/** Why a file that no format recognises is of no use, if that is known. */
export function refusalOf(beginning: Beginning): RefusedFormat['refusal'] | undefined {
  return REFUSED.find((format) => format.detect(beginning))?.refusal;
}
