import { trimmed } from '../../platforms/item-fields.js';
import { artistKey, comparableName, listeningTitle } from '../../platforms/listening.js';
import type { JsonObject } from '../../platforms/platform.js';
import { firstJsonRows } from '../rows/first-json-rows.js';
import { type ArchiveFormat, objectOf, type ReadingContext, type RowOutcome, textOf } from '../format.js';
import { hashedId } from '../rows/hashed-id.js';
import { fieldComparer } from '../rows/known-fields.js';
import { jsonRows } from '../rows/rows.js';
import { canHaveHappened, utcTime } from '../rows/utc-time.js';

/** Spotify began in 2006. */
const BEGINNING = Date.UTC(2006, 0);
/** Spotify counts what was heard for 30 seconds. */
const PLAY_MS = 30_000;
/** Nothing is heard for longer without an end. */
const DAY_MS = 86_400_000;
/** From the first to the last millisecond of a minute. */
const MINUTE_MS = 59_999;

const trackChangesOf = fieldComparer({ expected: ['endTime', 'msPlayed', 'artistName', 'trackName'], others: [] });
const podcastChangesOf = fieldComparer({ expected: ['endTime', 'msPlayed', 'podcastName', 'episodeName'], others: [] });
const audiobookChangesOf = fieldComparer({
  expected: ['endTime', 'msPlayed', 'audiobookName', 'chapterName', 'authorName'],
  others: [],
});

/**
 * `StreamingHistory_music_*.json`, `StreamingHistory_podcast_*.json` and the older `StreamingHistory*.json`: the last
 * year, without ids, and with the minute of the end only. The older files have podcasts among the tracks, and nothing
 * tells them apart. `StreamingHistory_audiobook_*.json` has the same form, and its rows are left out.
 *
 * The start is the minute of the end less the length, so up to a minute early; as a listening only the minute is told.
 * The id is made of the names, before the `@` as every play's track is, and of minute and length: rows that agree in them
 * all are one play, told twice.
 */
export const spotifyAccount: ArchiveFormat = {
  name: 'spotify-account',
  title: 'Spotify, account data',
  platform: 'spotify',
  gives: ['play', 'skipped-play', 'podcast-play', 'skipped-podcast-play'],
  detect({ text }) {
    const first = firstJsonRows(text).next().value;
    const row = first && 'value' in first && first.list === undefined ? objectOf(first.value) : undefined;
    return row !== undefined && 'endTime' in row && 'msPlayed' in row && !('ms_played' in row);
  },
  async *read(text, context) {
    for await (const row of jsonRows(text)) yield 'unread' in row ? row : outcomeOf(row.value, context);
  },
};

function outcomeOf(value: unknown, context: ReadingContext): RowOutcome {
  const row = objectOf(value);
  if (!row) return { unread: 'BAD_ROW' };
  if ('audiobookName' in row) return { skipped: 'AUDIOBOOK', ...audiobookChangesOf(row) };
  const isPodcast = 'podcastName' in row || 'episodeName' in row;
  return { ...told(row, isPodcast, context), ...(isPodcast ? podcastChangesOf : trackChangesOf)(row) };
}

function told(row: JsonObject, isPodcast: boolean, { receivedAt }: ReadingContext): RowOutcome {
  const end = utcTime(row.endTime)?.at;
  const ms = row.msPlayed;
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 0 || ms > DAY_MS) return { unread: 'BAD_ROW' };
  if (end === undefined || !canHaveHappened(end - ms, BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  const by = textOf(isPodcast ? row.podcastName : row.artistName);
  const name = textOf(isPodcast ? row.episodeName : row.trackName);
  // What was taken down is "Unknown Artist" and "Unknown Track" in some files, and nothing in others.
  if (by === null || name === null || (by === 'Unknown Artist' && name === 'Unknown Track')) {
    return { skipped: ms === 0 ? 'NOTHING_PLAYED' : 'REMOVED' };
  }
  const kind = isPodcast ? 'podcast-play' : 'play';
  const item = {
    externalId: `${hashedId(kind, by, name)}@${end}+${ms}`,
    occurredAt: new Date(end - ms),
    timeMeaning: 'user_act',
    payload: trimmed(
      isPodcast
        ? { type: 'episode', name, show: { name: by }, msPlayed: ms }
        : { type: 'track', name, artists: [{ name: by }], msPlayed: ms },
    ),
    listening: { title: listeningTitle(by, name), from: end, to: end + MINUTE_MS, told: 'minute' },
  } as const;
  if (ms < PLAY_MS) return { item: { kind: `skipped-${kind}`, key: null, ...item } };
  return { item: { kind, key: isPodcast ? `show:${comparableName(by)}` : artistKey(by), ...item } };
}
