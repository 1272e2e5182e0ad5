import { SeededRandom } from '../seeded-random.js';
import { spotifyId } from './spotify-id.js';
import { ADJECTIVES, FIRST_NAMES, MOMENTS, NOUNS, SURNAMES } from '../words.js';

/** The genres of the invented catalogue; neighbours in the list are neighbours in sound. */
const GENRES = [
  'modal jazz',
  'spiritual jazz',
  'nu jazz',
  'broken beat',
  'downtempo',
  'electronica',
  'idm',
  'ambient',
  'chamber pop',
  'folk pop',
  'singer-songwriter',
  'indie pop',
  'dream pop',
  'city pop',
  'electropop',
  'disco',
  'house',
  'uk garage',
  'drum and bass',
  'techno',
] as const;

/** One of the catalogue's genres. */
export type Genre = (typeof GENRES)[number];

/** How many artists each genre has; artists are numbered through genre by genre. */
const ARTISTS_PER_GENRE = 60;

/** An invented artist; `genres` are the home genre and often a neighbour. */
export interface Artist {
  readonly id: string;
  readonly name: string;
  readonly genres: readonly Genre[];
  readonly albums: readonly Album[];
}

/** An invented album, released before any persona's account was made. */
export interface Album {
  readonly id: string;
  readonly name: string;
  readonly artist: Artist;
  readonly releaseDate: string;
  readonly precision: 'day' | 'year';
  readonly tracks: readonly Track[];
}

/** An invented track; its first artist is the album's, a second one is a guest. */
export interface Track {
  readonly id: string;
  readonly name: string;
  readonly artists: readonly Artist[];
  readonly album: Album;
  readonly number: number;
  readonly durationMs: number;
  readonly explicit: boolean;
}

const known = new Map<number, Artist>();

/** The artist with a number from 0 to `GENRES.length * ARTISTS_PER_GENRE - 1`; invented when first asked for. */
export function artist(number: number): Artist {
  const existing = known.get(number);
  if (existing) return existing;
  const created = inventArtist(number);
  known.set(number, created);
  return created;
}

/** Numbers of all artists of a genre. */
export function artistsOf(genre: Genre): readonly number[] {
  const first = GENRES.indexOf(genre) * ARTISTS_PER_GENRE;
  return Array.from({ length: ARTISTS_PER_GENRE }, (_, index) => first + index);
}

function inventArtist(number: number): Artist {
  const random = new SeededRandom(`artist/${number}`);
  const home = Math.floor(number / ARTISTS_PER_GENRE);
  const neighbour = home + (random.chance(0.5) ? 1 : -1);
  const genres = [GENRES[home], random.chance(0.6) ? GENRES[neighbour] : undefined].filter(
    (genre) => genre !== undefined,
  );
  const albumCount = random.between(4, 9);
  let albums: readonly Album[] | undefined;
  const invented: Artist = {
    id: spotifyId('artist', String(number)),
    name: artistName(number),
    genres,
    // Invented when they are first looked at: most albums never are.
    get albums() {
      albums ??= Array.from({ length: albumCount }, (_, index) => inventAlbum(this, number, index));
      return albums;
    },
  };
  return invented;
}

/** Each number has another name: the factor 7919 is prime, so it walks through every combination once. */
function artistName(number: number): string {
  const walk = Math.floor(number / 3) * 7919 + 13;
  const pair = (left: readonly string[], right: readonly string[]): [string, string] => {
    const combination = walk % (left.length * right.length);
    return [left[combination % left.length] ?? '', right[Math.floor(combination / left.length)] ?? ''];
  };
  if (number % 3 === 0) return pair(FIRST_NAMES, SURNAMES).join(' ');
  return number % 3 === 1 ? `The ${pair(ADJECTIVES, NOUNS).join(' ')}s` : pair(MOMENTS, NOUNS).join(' ');
}

function inventAlbum(by: Artist, number: number, index: number): Album {
  const key = `${number}.${index}`;
  const random = new SeededRandom(`album/${key}`);
  const year = random.between(1998, 2022);
  const exact = random.chance(0.9);
  const day = `${year}-${twoDigits(random.between(1, 12))}-${twoDigits(random.between(1, 28))}`;
  let tracks: readonly Track[] | undefined;
  return {
    id: spotifyId('album', key),
    name: title(random),
    artist: by,
    releaseDate: exact ? day : String(year),
    precision: exact ? 'day' : 'year',
    get tracks() {
      tracks ??= inventTracks(this, number, key);
      return tracks;
    },
  };
}

function inventTracks(album: Album, artistNumber: number, albumKey: string): readonly Track[] {
  const random = new SeededRandom(`tracks/${albumKey}`);
  const by = album.artist;
  return Array.from({ length: random.between(8, 13) }, (_, index) => {
    const guest = artist(artistNumber - (artistNumber % ARTISTS_PER_GENRE) + random.between(0, ARTISTS_PER_GENRE - 1));
    return {
      id: spotifyId('track', `${albumKey}.${index}`),
      name: title(random),
      artists: random.chance(0.12) && guest !== by ? [by, guest] : [by],
      album,
      number: index + 1,
      durationMs: random.between(125_000, 415_000),
      explicit: random.chance(0.05),
    };
  });
}

function title(random: SeededRandom): string {
  const adjective = random.pick(ADJECTIVES);
  const noun = random.pick(NOUNS);
  const moment = random.pick(MOMENTS);
  return random.pick([
    `${adjective} ${noun}`,
    `${moment} ${noun}`,
    `${noun} at ${moment}`,
    `Letters to a ${noun}`,
    `Before the ${moment}`,
    `${adjective} ${moment}`,
    `Half Past ${moment}`,
    noun,
  ]);
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');
