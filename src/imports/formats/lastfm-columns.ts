import { accountName } from '../format.js';
import { type CsvDelimiter, toldDelimiter } from '../rows/csv-delimiter.js';

/** Names of columns as exporters write them, without anything but letters; times from the most exact one on. */
const ARTIST = ['artist', 'artistname'];
const TRACK = ['track', 'trackname', 'title', 'name', 'song', 'songtitle'];
const ALBUM = ['album', 'albumname', 'release'];
const TIMES = [
  ...['uts', 'timestamp', 'unixtimestamp', 'unixtime', 'dateuts', 'datetime', 'date', 'utctime', 'dateutc'],
  ...['time', 'playedat', 'scrobbledat', 'listenedat', 'scrobbletime'],
];
const OTHERS = [
  'artistmbid',
  'albummbid',
  'trackmbid',
  'artistid',
  'albumid',
  'trackid',
  'mbid',
  'url',
  'loved',
  'albumartist',
];
const KNOWN = new Set([...ARTIST, ...TRACK, ...ALBUM, ...TIMES, ...OTHERS]);

/** Where in a record the facts stand. */
export interface Columns {
  readonly artist: number;
  readonly track: number;
  readonly album: number;
  readonly times: readonly number[];
  /** Named in the header by some exporters. */
  readonly account?: string | undefined;
  /** Names of columns that are not known. */
  readonly unknown?: readonly string[];
}

/** Of artist, album, track and date, as files without a header have them. */
export const HEADLESS: Columns = { artist: 0, album: 1, track: 2, times: [3] };

/** The columns that a header names, or undefined for a record that is none. */
export function columnsOf(header: readonly string[]): Columns | undefined {
  const names = header.map((cell) => (cell.split('#')[0] ?? '').toLowerCase().replace(/[^a-z]/g, ''));
  const find = (known: readonly string[]) => names.findIndex((name) => known.includes(name));
  const times = TIMES.map((name) => names.indexOf(name)).filter((at) => at >= 0);
  const [artist, track] = [find(ARTIST), find(TRACK)];
  if (artist < 0 || track < 0 || times.length === 0) return undefined;
  // lastfmstats.com writes the name of the account behind that of the date.
  const account = accountName(header.find((cell) => /^date#/i.test(cell))?.slice('date#'.length));
  const unknown = header
    .filter((_, at) => names[at] !== '' && !KNOWN.has(names[at] ?? ''))
    .map((name) => name.slice(0, 60));
  return {
    artist,
    track,
    album: find(ALBUM),
    times,
    account,
    ...(unknown.length > 0 && { unknown: unknown.slice(0, 20) }),
  };
}

/** The delimiter that a file tells, or with which its first line names its columns. */
export function delimiterOf(text: string): CsvDelimiter {
  const told = toldDelimiter(text);
  if (told !== undefined) return told;
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  return columnsOf(line.split(';').map((cell) => cell.replaceAll('"', ''))) ? ';' : ',';
}
