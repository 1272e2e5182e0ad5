/**
 * The fixed families of genres: a genre belongs to each family one of whose words begins a word of its name, or stands
 * anywhere in it where the word is marked by `*` ("krautrock"). Fixed, so that evenness over them means the same for
 * everyone; raise the version of the method when it changes.
 */
export const GENRE_FAMILIES: Readonly<Record<string, readonly string[]>> = {
  rock: ['*rock', 'grunge', 'shoegaze', 'britpop', 'indie', 'new wave', 'post-punk'],
  metal: ['*metal', 'djent', 'grindcore', 'doom'],
  punk: ['*punk', 'hardcore', 'emo', 'ska'],
  pop: ['*pop'],
  'hip hop': ['hip hop', 'rap', 'trap', 'drill', 'grime', 'boom bap'],
  'soul and funk': ['soul', 'r&b', 'funk', 'disco', 'motown', 'gospel'],
  electronic: [
    'electro',
    'house',
    'techno',
    'edm',
    'trance',
    'drum and bass',
    'dubstep',
    'idm',
    'garage',
    'downtempo',
    'beat',
    'synth',
  ],
  ambient: ['ambient', 'drone', 'new age', 'lo-fi', 'lofi', 'chillout'],
  jazz: ['jazz', 'bebop', 'bossa', 'swing', 'fusion'],
  classical: ['classical', 'baroque', 'opera', 'orchestra', 'chamber music', 'romantic era', 'minimalism', 'choral'],
  'folk and country': ['folk', 'country', 'singer-songwriter', 'americana', 'bluegrass', 'celtic', 'chanson'],
  'blues and roots': ['blues', 'roots', 'zydeco'],
  'reggae and dub': ['reggae', 'dub', 'dancehall', 'rocksteady'],
  latin: ['latin', 'reggaeton', 'salsa', 'cumbia', 'bachata', 'samba', 'mpb', 'flamenco', 'tango', 'corrido'],
  'african and arab': ['afro', 'amapiano', 'highlife', 'rai', 'arab', 'gnawa'],
  asian: ['k-pop', 'j-pop', 'city pop', 'enka', 'bollywood', 'mandopop', 'cantopop', 'anime'],
};

const MATCHERS = Object.entries(GENRE_FAMILIES).map(([family, words]) => ({
  family,
  matches: words.map((word) =>
    word.startsWith('*') ? new RegExp(word.slice(1), 'u') : new RegExp(`(^|[^a-z])${word}`, 'u'),
  ),
}));

/** The families of some genres, in the order of the table. */
export function familiesOf(genres: readonly string[]): string[] {
  const names = genres.map((genre) => genre.toLowerCase());
  return MATCHERS.filter(({ matches }) => names.some((name) => matches.some((match) => match.test(name)))).map(
    ({ family }) => family,
  );
}
