import { rounded } from '../estimators/confidence.js';
import { evenness } from '../estimators/evenness.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import type { Facet } from '../document/facet.js';
import type { Ground } from '../document/ground.js';
import { numberFacet } from './estimate.js';
import { shortfall, unknown, type FacetDefinition } from './facet.js';
import { familiesOf, GENRE_FAMILIES } from './genre-families.js';
import { ARTISTS, PLAYS, playCoverage, playEvidence, playsOf, type Plays } from './plays.js';
import { ARTIST_KINDS } from '../statistics/kinds.js';
import { GROUPS, type ArtistFields, type Statistics } from '../statistics/statistics.js';

const MINIMUM = { days: 30, keyDays: 150, unit: 'artist-days' };
/** Share of the artist-days whose artists must carry the field. */
const MIN_PRESENT = 0.6;

/** How evenly the listening spreads over the fixed families of genres, an artist's days split over its families. */
export const genreEvenness: FacetDefinition = {
  name: 'taste.genre_evenness',
  restsOn: [PLAYS, ARTISTS],
  explain: {
    formula: 'J = [H + (k−1)/2n]/ln K',
    source: 'Pielou 1966, Miller & Madow 1955; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'artist-days by family of genres, each split evenly over the m families of its artist; K families in all',
  },
  build: ({ statistics }) => ({
    'taste.genre_evenness': quality(statistics, {
      of: ({ genres }) => {
        const families = familiesOf(genres ?? []);
        return families.length === 0 ? null : families;
      },
      estimate: (days) => {
        const weights = new Map(Object.keys(GENRE_FAMILIES).map((family) => [family, 0]));
        for (const [families, count] of days) {
          for (const family of families) weights.set(family, (weights.get(family) ?? 0) + count / families.length);
        }
        return evenness([...weights.values()], weights.size);
      },
      bounds: [0, 1],
      u: 0.1,
      unit: 'evenness over the families of genres',
      method: 'pielou-miller-madow+jackknife20',
    }),
  }),
};

/** The platform's own popularity of the artists, on average over the artist-days. */
export const mainstream: FacetDefinition = {
  name: 'taste.mainstream',
  restsOn: [PLAYS, ARTISTS],
  explain: {
    formula: 'Σ fᵢ·popularityᵢ / Σ fᵢ',
    source: 'mean; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'fᵢ: UTC days on which artist i was played; popularityᵢ: the platform’s own number, 0 to 100',
  },
  build: ({ statistics }) => ({
    'taste.mainstream': quality(statistics, {
      of: ({ popularity }) => popularity,
      estimate: (days) => {
        const n = days.reduce((sum, [, count]) => sum + count, 0);
        return days.reduce((sum, [popularity, count]) => sum + popularity * count, 0) / n;
      },
      bounds: [0, 100],
      u: 10,
      unit: 'popularity, 0 to 100',
      method: 'mean+jackknife20',
    }),
  }),
};

/** Where artists stand in a space of likeness: a kind that no platform gives yet. */
const POSITIONS: Ground = { what: 'items', platform: 'spotify', kinds: ['artist-position'] };

/** How alike the artists of a listener are needs positions of artists that no platform gives us. */
export const specialist: FacetDefinition = {
  name: 'taste.specialist',
  restsOn: [PLAYS, POSITIONS],
  explain: {
    formula: 'GS = Σ wⱼ·cos(vⱼ, μ)',
    source: 'Waller & Anderson 2019; Anderson et al. 2020',
    inputs: 'positions of artists in a space of likeness, which no platform gives: always absent in this version',
  },
  build: ({ statistics }) => ({
    'taste.specialist': statistics.connected.includes('spotify')
      ? shortfall('field_absent', 0, 1, 'of the artists with a position')
      : unknown('not_connected'),
  }),
};

interface Quality<T> {
  /** What is known of an artist; null where it is not. */
  readonly of: (artist: ArtistFields) => T | null;
  readonly estimate: (days: readonly (readonly [T, number])[]) => number;
  readonly bounds: readonly [number, number];
  readonly u: number;
  readonly unit: string;
  readonly method: string;
}

function quality<T>(statistics: Statistics, { of, estimate, ...rest }: Quality<T>): Facet {
  const plays = playsOf(statistics, 'artist', MINIMUM);
  if ('status' in plays) return plays;
  const known = new Map<string, T>();
  for (const artist of statistics.artists) {
    const value = artist.platform === plays.source.platform ? of(artist) : null;
    if (value !== null) known.set(artist.key, value);
  }
  const withField = plays.source.keys.flatMap((key) => {
    const value = known.get(key.key);
    return value === undefined ? [] : [{ value, key }];
  });
  const n = withField.reduce((sum, { key }) => sum + key.days, 0);
  if (n < MIN_PRESENT * plays.n) {
    return shortfall('field_absent', rounded(n / plays.n, 4), MIN_PRESENT, 'of your artist-days');
  }
  return numberFacet({
    ...rest,
    value: estimate(withField.map(({ value, key }) => [value, key.days])),
    halfWidth: halfWidth90(
      Array.from({ length: GROUPS }, (_, g) =>
        estimate(withField.map(({ value, key }) => [value, key.days - (key.groups[g] ?? 0)])),
      ),
    ),
    n,
    days: plays.source.days,
    coverage: playCoverage(plays, statistics),
    evidence: () => playEvidence(plays, statistics, describing(statistics, plays)),
  });
}

/** The items that describe the artists. */
function describing(statistics: Statistics, { source }: Plays) {
  const kinds = statistics.kinds.filter(
    ({ platform, kind }) => platform === source.platform && ARTIST_KINDS.includes(kind),
  );
  return {
    predicate: {
      platforms: [source.platform],
      kinds: kinds.map(({ kind }) => kind),
      dayFrom: null,
      dayTo: null,
      timeMeaning: null,
    },
    count: kinds.reduce((sum, { items }) => sum + items, 0),
  };
}
