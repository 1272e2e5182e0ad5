import { artistKey, comparableName, listeningTitle } from '../../platforms/listening.js';
import { trimmed } from '../../platforms/item-fields.js';
import type { ExtractedItem, JsonObject } from '../../platforms/platform.js';
import { firstObject } from '../rows/beginnings.js';
import { boundedText } from '../rows/bounded-text.js';
import { type ArchiveFormat, objectOf, type RowOutcome } from '../format.js';
import { fieldComparer } from '../rows/known-fields.js';
import { jsonRows } from '../rows/rows.js';
import { canHaveHappened, utcTime } from '../rows/utc-time.js';
import { artistOfChannel, tellsOfWatching, type ToldTitle, toldTitle } from './youtube-titles.js';

/** YouTube began in 2005. */
const BEGINNING = Date.UTC(2005, 0);

/** Some are left out on purpose: `locationInfos` is where the person was. */
const changesOf = fieldComparer({
  expected: ['header', 'title', 'time', 'products'],
  others: [
    'titleUrl',
    'subtitles',
    'details',
    'description',
    'activityControls',
    'imageUrl',
    'locationInfos',
    'safeHtmlItem',
    'audioFiles',
    'attachedFiles',
  ],
});

/** An address of a video in JSON, in which slashes may be escaped. */
const WATCH_ADDRESS = /"titleUrl"\s*:\s*"https?:(?:\\?\/){2}(?:www\.|m\.|music\.)?youtube\.com\\?\/watch\b/;

/** No address of YouTube's is longer. A name of a host with tens of thousands of letters takes seconds to be read. */
const MOST_OF_AN_ADDRESS = 4_096;

const HOSTS = new Set(['www.youtube.com', 'youtube.com', 'm.youtube.com', 'music.youtube.com']);

/**
 * Google Takeout's `watch-history.json`, and the same rows in `MyActivity.json`. Both are named and worded in the
 * account's language, so they are known by their fields and by addresses of videos. A `watch` is a video at the instant at
 * which it was begun; a `music-play` the same in YouTube Music. Advertisements are the rows with `details` ("From Google
 * Ads" in any language). Searches, visits and posts are other activity; of searches nothing is kept.
 */
export const youtubeHistory: ArchiveFormat = {
  name: 'youtube-history',
  title: 'YouTube, watch history (Google Takeout)',
  platform: 'youtube',
  gives: ['watch', 'music-play'],

  detect(beginning) {
    const first = firstObject(beginning);
    return (
      typeof first?.['title'] === 'string' &&
      typeof first['time'] === 'string' &&
      (typeof first['header'] === 'string' || Array.isArray(first['products'])) &&
      WATCH_ADDRESS.test(beginning.text)
    );
  },

  async *read(text, { receivedAt }) {
    for await (const row of jsonRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      const activity = objectOf(row.value);
      yield activity ? { ...changesOf(activity), ...outcomeOf(activity, receivedAt) } : { unread: 'BAD_ROW' };
    }
  },
};

function outcomeOf(
  { title, titleUrl, time, details, header, subtitles }: JsonObject,
  receivedAt: Date | undefined,
): RowOutcome {
  if (Array.isArray(details) && details.length > 0) return { skipped: 'ADVERTISEMENT' };
  if (typeof title !== 'string') return { unread: 'BAD_ROW' };
  if (titleUrl === undefined || titleUrl === null || titleUrl === '') {
    return { skipped: tellsOfWatching(title) ? 'REMOVED' : 'OTHER_ACTIVITY' };
  }
  const address = addressOf(titleUrl);
  if (!address) return { unread: 'BAD_ROW' };
  const video = videoIn(address);
  if (video === undefined) return { skipped: 'OTHER_ACTIVITY' };
  const told = toldTitle(title);
  if (!/^[\w-]{11}$/.test(video) || !told) return { unread: 'BAD_ROW' };
  const at = utcTime(time)?.at;
  if (at === undefined || !canHaveHappened(at, BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  // Of a video that is gone its address is all that is left.
  if (title.includes(video) && /https?:\/\//.test(title)) return { skipped: 'REMOVED' };

  const channel = channelIn(subtitles);
  const fields = {
    videoId: video,
    title: told.title,
    channel: channel && trimmed({ id: channel.id, name: channel.name }),
  };
  const base = {
    externalId: `${video}@${at}`,
    occurredAt: new Date(at),
    timeMeaning: 'user_act',
    payload: trimmed(fields),
  } as const;
  const music = address.hostname === 'music.youtube.com' || header === 'YouTube Music';
  return { item: music ? musicPlay(base, told, channel) : { kind: 'watch', key: channelKey(channel), ...base } };
}

/**
 * Only the auto-generated channel of a musician tells who plays: then it counts for the artist, as from any other source,
 * and a scrobble of the same song is the same listening.
 */
function musicPlay(
  base: Pick<ExtractedItem, 'externalId' | 'timeMeaning' | 'payload'> & { readonly occurredAt: Date },
  told: ToldTitle,
  channel: Channel | undefined,
): ExtractedItem {
  const artist = artistOfChannel(channel?.name ?? '');
  const at = base.occurredAt.getTime();
  return {
    kind: 'music-play',
    key: artistKey(artist) ?? channelKey(channel),
    ...base,
    ...(artist !== null &&
      told.bare && { listening: { title: listeningTitle(artist, told.title), from: at, to: at, told: 'instant' } }),
  };
}

interface Channel {
  readonly id: string | null;
  readonly name: string | null;
}

/** The API's key where the id is known. Addresses of other forms (`/c/…`, `/@…`) do not tell it: then by name. */
function channelKey(channel: Channel | undefined): string | null {
  const name = channel?.id ?? comparableName(channel?.name ?? '');
  return name === '' ? null : `channel:${name}`;
}

function channelIn(subtitles: unknown): Channel | undefined {
  const first = objectOf(Array.isArray(subtitles) ? subtitles[0] : undefined);
  const address = addressOf(first?.['url']);
  if (!address || !HOSTS.has(address.hostname)) return undefined;
  const id = /^\/channel\/(UC[\w-]{22})\/?$/.exec(address.pathname)?.[1] ?? null;
  const name = boundedText(first?.['name']);
  return id === null && name === null ? undefined : { id, name };
}

function addressOf(value: unknown): URL | undefined {
  if (typeof value !== 'string' || value.length > MOST_OF_AN_ADDRESS) return undefined;
  return URL.canParse(value) ? new URL(value) : undefined;
}

/** What the address gives as a video's id; undefined for the address of anything else. */
function videoIn({ hostname, pathname, searchParams }: URL): string | undefined {
  if (hostname === 'youtu.be') return pathname.slice(1);
  if (!HOSTS.has(hostname)) return undefined;
  if (pathname === '/watch') return searchParams.get('v') ?? '';
  return /^\/(?:shorts|live)\/([^/]+)$/.exec(pathname)?.[1];
}
