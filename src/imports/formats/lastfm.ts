import { trimmed } from '../../platforms/item-fields.js';
import { artistKey, listeningTitle } from '../../platforms/listening.js';
import type { JsonObject } from '../../platforms/platform.js';
import { firstRecords } from '../rows/beginnings.js';
import { firstJsonRows } from '../rows/first-json-rows.js';
import {
  type ArchiveFormat,
  type Beginning,
  objectOf,
  type ReadingContext,
  type RowOutcome,
  textOf,
} from '../format.js';
import type { CsvDelimiter } from '../rows/csv-delimiter.js';
import { hashedId } from '../rows/hashed-id.js';
import { fieldComparer } from '../rows/known-fields.js';
import { peek } from '../rows/peek.js';
import { csvRows, jsonRows } from '../rows/rows.js';
import { canHaveHappened, type UtcTime, utcTime } from '../rows/utc-time.js';
import { type Columns, columnsOf, delimiterOf, HEADLESS } from './lastfm-columns.js';

/** Scrobbling began in 2002; scrobblers without a clock tell 1970. */
const BEGINNING = Date.UTC(2002, 9);
/** From the first to the last millisecond of a minute. */
const MINUTE_MS = 59_999;

/**
 * What exporters of Last.fm's scrobbles write, as Last.fm has no export of its own: CSV with a header in English, with
 * commas or semicolons; CSV of artist, album, track and date without a header; JSON as Last.fm's API tells a scrobble, or
 * as lastfmstats.com does. All of them tell UTC, some only to the minute. A track that plays at the moment has no date.
 */
export const lastfm: ArchiveFormat = {
  name: 'lastfm',
  title: 'Last.fm scrobbles',
  platform: 'lastfm',
  gives: ['play'],
  detect: (beginning) => (isJson(beginning.text) ? isScrobbleList(beginning.text) : isScrobbleTable(beginning)),
  async *read(all, context) {
    const { beginning, text } = await peek(all, /^\s*\S[^\n]*\n/);
    yield* isJson(beginning) ? readJson(text, context) : readCsv(text, delimiterOf(beginning), context);
  },
};

/** What a row tells: names, and its times, the most exact one first. */
interface Scrobble {
  readonly artist: unknown;
  readonly track: unknown;
  readonly album: unknown;
  readonly times: readonly unknown[];
}

function told(scrobble: Scrobble, { receivedAt }: ReadingContext): RowOutcome {
  const artist = textOf(scrobble.artist);
  const track = textOf(scrobble.track);
  const album = textOf(scrobble.album);
  const times = scrobble.times.filter((time) => typeof time === 'number' || textOf(time) !== null);
  if (artist === null || track === null) return { unread: 'BAD_ROW' };
  if (times.length === 0) return { skipped: 'NO_DATE' };
  const time = times.map(timeOf).find((known) => known !== null);
  if (!time || !canHaveHappened(time.at, BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  const { at, toldTo } = time;
  const title = listeningTitle(artist, track);
  return {
    item: {
      kind: 'play',
      externalId: `${hashedId(artist, track, album)}@${at}`,
      key: artistKey(artist),
      occurredAt: new Date(at),
      timeMeaning: 'user_act',
      payload: trimmed({
        type: 'track',
        name: track,
        artists: [{ name: artist }],
        album: album === null ? null : { name: album },
      }),
      listening:
        toldTo === 'second'
          ? { title, from: at, to: at, told: 'instant' }
          : { title, from: at, to: at + MINUTE_MS, told: 'minute' },
    },
  };
}

/** Seconds since the epoch have up to ten digits, milliseconds more. */
function timeOf(value: unknown): UtcTime | null {
  const text = typeof value === 'number' ? String(value) : (textOf(value) ?? '');
  if (!/^\d{1,14}$/.test(text)) return utcTime(text);
  return { at: Number(text) * (text.length > 10 ? 1 : 1_000), toldTo: 'second' };
}

function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

const apiChangesOf = fieldComparer({
  expected: ['name', 'artist'],
  others: ['date', 'album', 'mbid', 'url', 'image', 'streamable', 'loved', '@attr'],
});
const statsChangesOf = fieldComparer({ expected: ['track', 'artist', 'date'], others: ['album', 'albumId'] });

function isScrobbleList(text: string): boolean {
  const first = firstJsonRows(text).next().value;
  const row = first && 'value' in first ? objectOf(first.value) : undefined;
  if (!row || !first || !('value' in first)) return false;
  if ('msPlayed' in row || 'ms_played' in row || 'listened_at' in row) return false;
  if (first.list !== undefined) return first.list === 'scrobbles' && 'track' in row && 'artist' in row && 'date' in row;
  const [artist, date] = [objectOf(row.artist), objectOf(row.date)];
  return 'name' in row && artist !== undefined && ('#text' in artist || (date !== undefined && 'uts' in date));
}

async function* readJson(text: AsyncIterable<string>, context: ReadingContext): AsyncGenerator<RowOutcome, void> {
  for await (const row of jsonRows(text)) yield 'unread' in row ? row : outcomeOf(row.value, context);
}

function outcomeOf(value: unknown, context: ReadingContext): RowOutcome {
  const row = objectOf(value);
  if (!row) return { unread: 'BAD_ROW' };
  const date = objectOf(row.date);
  const scrobble = {
    artist: nameIn(row.artist),
    track: row.name ?? row.track,
    album: nameIn(row.album),
    times: date ? [date.uts, date['#text']] : [row.date],
  };
  return { ...told(scrobble, context), ...('track' in row ? statsChangesOf : apiChangesOf)(row) };
}

/** The API tells an artist as an object with a `#text`, or with a `name` in its extended form. */
function nameIn(value: unknown): unknown {
  const object: JsonObject | undefined = objectOf(value);
  return object ? (object['#text'] ?? object.name) : value;
}

/** Whether the first records are scrobbles. Without a header the fourth cell of one of them has to be a date in words. */
function isScrobbleTable(beginning: Beginning): boolean {
  const records = firstRecords(beginning, 3, delimiterOf(beginning.text));
  if (records[0] && columnsOf(records[0])) return true;
  const isDate = (cell: string) => /^\d{1,2} [a-z]{3} /i.test(cell) && utcTime(cell) !== null;
  const dates = records
    .map((cells) => (cells.length === 4 ? (cells[3] ?? '').trim() : 'none'))
    .filter((date) => date !== '');
  return dates.length > 0 && dates.every(isDate);
}

async function* readCsv(
  text: AsyncIterable<string>,
  delimiter: CsvDelimiter,
  context: ReadingContext,
): AsyncGenerator<RowOutcome, void> {
  let columns: Columns | undefined;
  for await (const row of csvRows(text, { delimiter, headless: true })) {
    if ('unread' in row) {
      yield row;
      continue;
    }
    const { cells } = row.value;
    const header = columns ? undefined : columnsOf(cells.map((cell) => cell.trim()));
    columns ??= header ?? HEADLESS;
    if (!header) yield { ...recordOf(cells, columns, context) };
  }
}

function recordOf(cells: readonly string[], columns: Columns, context: ReadingContext): RowOutcome {
  const { artist, track, album, times, account, unknown } = columns;
  const scrobble = {
    artist: cells[artist],
    track: cells[track],
    album: cells[album],
    times: times.map((at) => cells[at]),
  };
  return { ...told(scrobble, context), account, unknown };
}
