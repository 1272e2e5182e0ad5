import { trimmed } from '../../platforms/item-fields.js';
import { artistKey, comparableName, type Listening, listeningTitle } from '../../platforms/listening.js';
import type { JsonObject } from '../../platforms/platform.js';
import { firstJsonRows } from '../rows/first-json-rows.js';
import { accountName, type ArchiveFormat, objectOf, type ReadingContext, type RowOutcome, textOf } from '../format.js';
import { hashedId } from '../rows/hashed-id.js';
import { fieldComparer } from '../rows/known-fields.js';
import { jsonRows } from '../rows/rows.js';
import { canHaveHappened, type UtcTime, utcTime } from '../rows/utc-time.js';

/** Spotify began in 2006. */
const BEGINNING = Date.UTC(2006, 0);
/** Spotify counts what was heard for 30 seconds. */
const PLAY_MS = 30_000;
/** Nothing is heard for longer without an end. */
const DAY_MS = 86_400_000;

const changesOf = fieldComparer({
  expected: [
    ...['ts', 'ms_played', 'spotify_track_uri', 'master_metadata_track_name'],
    ...['master_metadata_album_artist_name', 'master_metadata_album_album_name'],
    ...['spotify_episode_uri', 'episode_name', 'episode_show_name'],
    ...['reason_start', 'reason_end', 'shuffle', 'skipped', 'offline', 'incognito_mode'],
  ],
  others: [
    ...['audiobook_title', 'audiobook_uri', 'audiobook_chapter_uri', 'audiobook_chapter_title'],
    // Seconds, milliseconds or 0: of no use beside `ts`.
    ...['username', 'offline_timestamp'],
    // Where and by what it was heard is never kept.
    ...['platform', 'conn_country', 'ip_addr', 'ip_addr_decrypted', 'user_agent', 'user_agent_decrypted'],
    ...['city', 'region', 'metro_code', 'latitude', 'longitude'],
  ],
});

/**
 * `Streaming_History_Audio_*.json`, `Streaming_History_Video_*.json` and the older `endsong_*.json`: everything that was
 * ever played, to the millisecond. `ts` is when it ended.
 *
 * Tracks heard for 30 seconds are plays, shorter ones skipped plays; podcasts alike, with kinds of their own, so that
 * patience with music is not mixed with that for talk. A skip has no key: it shows no taste. Rows of 0 ms are skips.
 *
 * The id is track and start, as the API's. Times end in whole seconds and lengths in milliseconds, so that plays of one
 * track in the same second differ; two of 30 seconds that begin in the same millisecond are one, told twice. Skips can
 * really begin so, one ending when the other begins: their ids also have the length.
 */
export const spotifyExtended: ArchiveFormat = {
  name: 'spotify-extended',
  title: 'Spotify, extended streaming history',
  platform: 'spotify',
  gives: ['play', 'skipped-play', 'podcast-play', 'skipped-podcast-play'],
  detect({ text }) {
    const first = firstJsonRows(text).next().value;
    const row = first && 'value' in first && first.list === undefined ? objectOf(first.value) : undefined;
    return row !== undefined && 'ts' in row && 'ms_played' in row;
  },
  async *read(text, context) {
    for await (const row of jsonRows(text)) yield 'unread' in row ? row : outcomeOf(row.value, context);
  },
};

function outcomeOf(value: unknown, context: ReadingContext): RowOutcome {
  const row = objectOf(value);
  if (!row) return { unread: 'BAD_ROW' };
  return { ...told(row, context), account: accountName(row.username), ...changesOf(row) };
}

/** What a row tells. A private session stays private, however wrong the rest of the row is. */
function told(row: JsonObject, { receivedAt }: ReadingContext): RowOutcome {
  if (row.incognito_mode && row.incognito_mode !== 'false') return { skipped: 'INCOGNITO' };
  const time = utcTime(row.ts);
  const ms = row.ms_played;
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 0 || ms > DAY_MS) return { unread: 'BAD_ROW' };
  if (!time || !canHaveHappened(time.at - ms, BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  const span = { start: time.at - ms, end: time.at, toldTo: time.toldTo };
  const track = trackOf(row);
  if (track.uri) return track.names ? trackItem(row, span, track.uri, track.names) : { skipped: 'REMOVED' };
  const episode = episodeOf(row);
  if (episode) return episode.name || episode.show ? episodeItem(row, span, episode) : { skipped: 'REMOVED' };
  if (hasText(row, 'audiobook_')) return { skipped: 'AUDIOBOOK' };
  if (hasText(row, 'video') || hasText(row, 'spotify_video')) return { skipped: 'VIDEO' };
  if (track.names) return trackItem(row, span, track.local, track.names);
  if (track.local !== null || hasText(row, 'master_metadata_')) return { skipped: 'LOCAL_FILE' };
  return { skipped: ms === 0 ? 'NOTHING_PLAYED' : 'REMOVED' };
}

function hasText(row: JsonObject, start: string): boolean {
  return Object.keys(row).some((name) => name.startsWith(start) && textOf(row[name]) !== null);
}

interface Names {
  readonly artist: string;
  readonly track: string;
}

/** The track of a row: Spotify's uri, that of a local file, and its names if there are both. */
function trackOf(row: JsonObject): { uri: string | null; local: string | null; names: Names | null } {
  const text = textOf(row.spotify_track_uri) ?? '';
  const track = textOf(row.master_metadata_track_name);
  const artist = textOf(row.master_metadata_album_artist_name);
  return {
    uri: /^spotify:track:[0-9A-Za-z]{1,100}$/.test(text) ? text : null,
    local: /^spotify:local:/.test(text) ? text : null,
    names: track && artist ? { artist, track } : null,
  };
}

interface Episode {
  readonly uri: string | null;
  readonly name: string | null;
  readonly show: string | null;
}

function episodeOf(row: JsonObject): Episode | null {
  const text = textOf(row.spotify_episode_uri) ?? '';
  const uri = /^spotify:episode:[0-9A-Za-z]{1,100}$/.test(text) ? text : null;
  const episode = { uri, name: textOf(row.episode_name), show: textOf(row.episode_show_name) };
  return (episode.uri ?? episode.name ?? episode.show) ? episode : null;
}

/** When it was heard, in ms since the epoch. A few rows tell only the minute of the end. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly toldTo: UtcTime['toldTo'];
}

function listeningOf(title: string, { start, end, toldTo }: Span): Listening {
  return toldTo === 'second'
    ? { title, from: start, to: end, told: 'span' }
    : { title, from: end, to: end + 59_999, told: 'minute' };
}

function trackItem(row: JsonObject, span: Span, uri: string | null, names: Names): RowOutcome {
  const album = textOf(row.master_metadata_album_album_name);
  const payload = {
    type: 'track',
    name: names.track,
    uri,
    artists: [{ name: names.artist }],
    ...(album && { album: { name: album } }),
  };
  const id = idIn(uri) ?? hashedId(uri, names.artist, album, names.track);
  return itemOf('play', id, span, {
    key: artistKey(names.artist),
    title: listeningTitle(names.artist, names.track),
    payload: trimmed({ ...payload, ...manner(row) }),
  });
}

function episodeItem(row: JsonObject, span: Span, { uri, name, show }: Episode): RowOutcome {
  const id = idIn(uri) ?? hashedId(show, name);
  return itemOf('podcast-play', id, span, {
    key: show === null ? null : `show:${comparableName(show)}`,
    title: show !== null && name !== null ? listeningTitle(show, name) : null,
    payload: trimmed({ type: 'episode', name, uri, ...(show !== null && { show: { name: show } }), ...manner(row) }),
  });
}

/** The id in a uri of Spotify's; those of local files have none. */
function idIn(uri: string | null): string | null {
  return /^spotify:(?:track|episode):(.+)$/.exec(uri ?? '')?.[1] ?? null;
}

interface Heard {
  readonly key: string | null;
  readonly title: string | null;
  readonly payload: JsonObject;
}

function itemOf(kind: string, id: string, span: Span, { key, title, payload }: Heard): RowOutcome {
  const ms = span.end - span.start;
  const heard = {
    occurredAt: new Date(span.start),
    timeMeaning: 'user_act',
    payload,
    ...(title !== null && { listening: listeningOf(title, span) }),
  } as const;
  if (ms >= PLAY_MS) return { item: { kind, externalId: `${id}@${span.start}`, key, ...heard } };
  return { item: { kind: `skipped-${kind}`, externalId: `${id}@${span.start}+${ms}`, key: null, ...heard } };
}

/** How it was played. `skipped` is null in older rows. */
function manner(row: JsonObject): JsonObject {
  return {
    msPlayed: row.ms_played,
    reasonStart: reasonOf(row.reason_start),
    reasonEnd: reasonOf(row.reason_end),
    shuffle: flagOf(row.shuffle),
    skipped: flagOf(row.skipped),
    offline: flagOf(row.offline),
  };
}

/** A word such as `fwdbtn` or `trackdone`. */
function reasonOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,40}$/.test(value) ? value : undefined;
}

function flagOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
