import { hurlbert, hurlbertOfSizes } from '../estimators/hurlbert.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import type { Facet } from '../document/facet.js';
import { numberFacet } from './estimate.js';
import type { FacetDefinition } from './facet.js';
import { PLAYS, countsWithoutEachGroup, playCoverage, playEvidence, playsOf } from './plays.js';
import type { KeyDayStatistics, Statistics } from '../statistics/statistics.js';

const DRAWS = 100;
const MIN_DAYS = 30;
const MIN_KEY_DAYS = 150;

/**
 * Of 100 artist-days, how many different artists: Hurlbert's S(100) over plays, an artist counted once a UTC day.
 * Independent of how long we have listened along, and of the time zone.
 */
export const breadth: FacetDefinition = {
  name: 'taste.breadth',
  restsOn: [PLAYS],
  explain: {
    formula: 'S(100) = Σ [1 − C(n−fᵢ, 100)/C(n, 100)]',
    source: 'Hurlbert 1971; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'fᵢ: UTC days on which artist i was played; n: their sum (artist-days)',
  },
  build: ({ statistics }) => ({
    'taste.breadth': drawn(statistics, 'artist', {
      unit: 'artists per 100 artist-days',
      counted: 'artist-days',
      u: 10,
      of: (different) => different,
      bounds: [1, DRAWS],
      method: 'hurlbert100+jackknife20',
    }),
  }),
};

/** Of 100 track-days, what share repeats a track that is already among them: 1 − S(100)/100. */
export const repeat: FacetDefinition = {
  name: 'taste.repeat',
  restsOn: [PLAYS],
  explain: {
    formula: '1 − S(100)/100, S(100) = Σ [1 − C(n−fᵢ, 100)/C(n, 100)]',
    source: 'Hurlbert 1971; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'fᵢ: UTC days on which track i was played; n: their sum (track-days)',
  },
  build: ({ statistics }) => ({
    'taste.repeat': drawn(statistics, 'track', {
      unit: 'share of 100 track-days',
      counted: 'track-days',
      u: 0.1,
      of: (different) => 1 - different / DRAWS,
      bounds: [0, 1],
      method: 'hurlbert100+jackknife20',
    }),
  }),
};

interface Drawn {
  readonly unit: string;
  readonly counted: string;
  readonly u: number;
  readonly bounds: readonly [number, number];
  readonly method: string;
  readonly of: (different: number) => number;
}

function drawn(
  statistics: Statistics,
  dimension: KeyDayStatistics['dimension'],
  { unit, counted, u, bounds, method, of }: Drawn,
): Facet {
  const plays = playsOf(statistics, dimension, { days: MIN_DAYS, keyDays: MIN_KEY_DAYS, unit: counted });
  if ('status' in plays) return plays;
  const estimate = (counts: readonly number[]) => of(hurlbert(counts, DRAWS));
  return numberFacet({
    value: estimate(plays.counts),
    halfWidth: halfWidth90(
      plays.source.sizes?.without.map((sizes) => of(hurlbertOfSizes(sizes, DRAWS))) ??
        countsWithoutEachGroup(plays.source).map(estimate),
    ),
    bounds,
    u,
    unit,
    method,
    n: plays.n,
    days: plays.source.days,
    coverage: playCoverage(plays, statistics),
    evidence: () => playEvidence(plays, statistics),
  });
}
