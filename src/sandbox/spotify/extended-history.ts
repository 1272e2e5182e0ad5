import { jsonArray } from '../json-text.js';
import type { ArchiveEntry } from '../stand-in.js';
import { listenedUntil } from './archive-days.js';
import { extendedRow, type ExtendedRow } from './extended-row.js';
import { accountSince, Life } from './life.js';
import { Library } from './library.js';
import { type Anomaly, type Listened, ROW_KINDS, type RowKind } from './listened.js';
import type { Persona } from './persona.js';

/** What the download has: everyday things that a reader must not stumble over. */
const EVERYDAY: readonly Anomaly[] = ['skip', 'nothing-played', 'incognito', 'duplicate'];

/** What the former export did not have yet. */
const LATER: readonly Anomaly[] = ['audiobook', 'video'];

/** Every anomaly, for tests. */
export const ALL_ANOMALIES = ROW_KINDS.filter((kind): kind is Anomaly => kind !== 'play' && kind !== 'podcast');

/** How an extended history is told. */
export interface ExtendedOptions {
  /** Which anomalies there are; the everyday ones unless given. */
  readonly anomalies?: readonly Anomaly[];
  /** Where the next file begins; 15,000 rows are about 12 MB, as Spotify's files are. */
  readonly rowsPerFile?: number;
  /** `former` is the export of years ago: `endsong_<n>.json`, other names of fields, no audiobooks and videos. */
  readonly columns?: 'current' | 'former';
  /** The last file of audio breaks off in the middle of its last row, as one whose download was interrupted; the row counts. */
  readonly cutShort?: boolean;
}

/** One file of an extended history. */
interface ExtendedFile {
  readonly name: string;
  readonly rows: readonly ExtendedRow[];
  /** What each of the rows is. */
  readonly kinds: readonly RowKind[];
  readonly last: boolean;
}

/** A persona's life as the one who downloads at `now` has it; for a newcomer the account is a few days old. */
export function lifeAt(persona: Persona, now: number): Life {
  return new Life(persona, accountSince(persona, now));
}

/**
 * The files of a persona's extended streaming history up to `until` (ms since the epoch), each made when it is asked for.
 * `ts` is the end of the listening in whole seconds, the API's `played_at` without its milliseconds, and `ms_played` is
 * how long it took: the same life told twice. A later history only adds rows at the end.
 */
export function* spotifyExtendedFiles(
  persona: Persona,
  until: number,
  options: ExtendedOptions = {},
): Generator<ExtendedFile> {
  const { rowsPerFile = 15_000, columns = 'current' } = options;
  const anomalies = (options.anomalies ?? EVERYDAY).filter((kind) => columns === 'current' || !LATER.includes(kind));
  const life = lifeAt(persona, until);
  const teller = { country: persona.country, columns, username: new Library(life, until).account.userId };
  const file = (name: string, chunk: readonly Listened[], last = false): ExtendedFile => ({
    name: `${name}.json`,
    rows: chunk.map((one) => extendedRow(one, teller)),
    kinds: chunk.map(({ is }) => is),
    last,
  });
  const videos: Listened[] = [];
  const audio = withoutVideos(toldWith(anomalies, life, until), videos);
  let number = 0;
  for (const { chunk, last } of inChunks(audio, rowsPerFile, anomalies.includes('duplicate'))) {
    const name = columns === 'former' ? 'endsong' : `Streaming_History_Audio_${yearsOf(chunk)}`;
    yield file(`${name}_${number}`, chunk, last);
    number += 1;
  }
  if (videos.length > 0) yield file(`Streaming_History_Video_${yearsOf(videos)}`, videos);
}

/** The rows of all files, one after the other. */
export function* spotifyExtendedRows(
  persona: Persona,
  until: number,
  options: ExtendedOptions = {},
): Generator<ExtendedRow> {
  for (const { rows } of spotifyExtendedFiles(persona, until, options)) yield* rows;
}

/** How many rows there are of each kind. */
export function plantedAnomalies(
  persona: Persona,
  until: number,
  options: ExtendedOptions = {},
): Readonly<Record<RowKind, number>> {
  const counts = Object.fromEntries(ROW_KINDS.map((kind) => [kind, 0])) as Record<RowKind, number>; // all of them
  for (const { kinds } of spotifyExtendedFiles(persona, until, options)) for (const kind of kinds) counts[kind] += 1;
  return counts;
}

/** The archive "extended streaming history". */
export function* extendedArchive(
  persona: Persona,
  until: number,
  options: ExtendedOptions = {},
): Generator<ArchiveEntry> {
  for (const { name, rows, last } of spotifyExtendedFiles(persona, until, options)) {
    const text = jsonArray(rows, last && options.cutShort === true);
    yield { name: `Spotify Extended Streaming History/${name}`, text };
  }
}

function* toldWith(anomalies: readonly Anomaly[], life: Life, until: number): Generator<Listened> {
  const planted = new Set<RowKind>(['play', 'podcast', ...anomalies]);
  for (const one of listenedUntil(life, until)) {
    if (planted.has(one.is)) yield one;
    else if (one.is === 'offline-in-ms') yield { ...one, is: 'play' };
  }
}

function* withoutVideos(all: Iterable<Listened>, videos: Listened[]): Generator<Listened> {
  for (const one of all) {
    if (one.is === 'video') videos.push(one);
    else yield one;
  }
}

/** At least one chunk, also of nothing. A chunk may begin with the last play of the chunk before. */
function* inChunks(all: Iterable<Listened>, size: number, duplicates: boolean) {
  let chunk: Listened[] = [];
  for (const one of all) {
    if (chunk.length >= size) {
      yield { chunk, last: false };
      const before = chunk.findLast(({ is }) => is === 'play');
      chunk = duplicates && before ? [{ ...before, is: 'duplicate' }] : [];
    }
    chunk.push(one);
  }
  yield { chunk, last: true };
}

/** The first and the last year, as file names have them. */
function yearsOf(chunk: readonly Listened[]): string {
  const years = [chunk[0], chunk.at(-1)].flatMap((one) => (one ? [new Date(one.at).getUTCFullYear()] : []));
  return [...new Set(years)].join('-');
}
