import { jsonArray } from '../json-text.js';
import type { ArchiveEntry } from '../stand-in.js';
import { listenedUntil } from './archive-days.js';
import { lifeAt } from './extended-history.js';
import { Library } from './library.js';
import type { Listened } from './listened.js';
import type { Persona } from './persona.js';

const YEAR_MS = 365 * 86_400_000;
const ROWS_PER_FILE = 10_000;

/** Kinds of rows that this export has; it tells neither private sessions nor what the catalogue has lost. */
const TOLD = new Set<Listened['is']>(['play', 'offline-in-ms', 'podcast', 'skip', 'nothing-played']);

interface MusicRow {
  readonly endTime: string;
  readonly artistName: string;
  readonly trackName: string;
  readonly msPlayed: number;
}

interface PodcastRow {
  readonly endTime: string;
  readonly podcastName: string;
  readonly episodeName: string;
  readonly msPlayed: number;
}

/**
 * The listening of the last year up to `until` (ms since the epoch) as the account data has it: the end to the minute,
 * UTC, names without ids. It is the same listening as in the extended history.
 */
export function spotifyAccountRows(persona: Persona, until: number) {
  const music: MusicRow[] = [];
  const podcasts: PodcastRow[] = [];
  for (const { at, is, msPlayed, what } of listenedUntil(lifeAt(persona, until), until)) {
    if (at <= until - YEAR_MS || !TOLD.has(is)) continue;
    const endTime = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
    if ('track' in what) {
      const { name, album } = what.track;
      music.push({ endTime, artistName: album.artist.name, trackName: name, msPlayed });
    } else if ('episode' in what) {
      const { name, show } = what.episode;
      podcasts.push({ endTime, podcastName: show.name, episodeName: name, msPlayed });
    }
  }
  return { music, podcasts };
}

/** The archive "account data": the last year of listening, the library without dates, and who it is. */
export function* accountArchive(persona: Persona, until: number): Generator<ArchiveEntry> {
  const { music, podcasts } = spotifyAccountRows(persona, until);
  yield* listeningFiles('music', music);
  if (podcasts.length > 0) yield* listeningFiles('podcast', podcasts);
  const library = new Library(lifeAt(persona, until), until);
  yield entry('YourLibrary', [JSON.stringify(yourLibrary(library), null, 2)]);
  const { userId } = library.account;
  const person = { username: userId, email: `${persona.id}@sandbox.example`, country: persona.country };
  yield entry('Userdata', [JSON.stringify(person, null, 2)]);
}

function* listeningFiles(name: string, rows: readonly object[]): Generator<ArchiveEntry> {
  for (let start = 0; start === 0 || start < rows.length; start += ROWS_PER_FILE) {
    const text = jsonArray(rows.slice(start, start + ROWS_PER_FILE));
    yield entry(`StreamingHistory_${name}_${start / ROWS_PER_FILE}`, text);
  }
}

const entry = (name: string, text: Iterable<string>): ArchiveEntry => ({
  name: `Spotify Account Data/${name}.json`,
  text,
});

/** What is saved, newest first. */
function yourLibrary(library: Library): object {
  return {
    tracks: library.saved('track').map(({ value: { name, album, id } }) => ({
      artist: album.artist.name,
      album: album.name,
      track: name,
      uri: `spotify:track:${id}`,
    })),
    albums: library.saved('album').map(({ value: { name, artist, id } }) => ({
      artist: artist.name,
      album: name,
      uri: `spotify:album:${id}`,
    })),
    shows: library.saved('show').map(({ value: { name, publisher, id } }) => ({
      name,
      publisher,
      uri: `spotify:show:${id}`,
    })),
    episodes: library.saved('episode').map(({ value: { name, show, id } }) => ({
      name,
      show: show.name,
      uri: `spotify:episode:${id}`,
    })),
    bannedTracks: [],
    artists: library.followed().map(({ name, id }) => ({ name, uri: `spotify:artist:${id}` })),
    bannedArtists: [],
    other: [],
  };
}
