import { effectiveOfOrder1, effectiveOfOrder2 } from '../estimators/hill.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import { rounded } from '../estimators/confidence.js';
import { sampleCoverage } from '../estimators/sample-coverage.js';
import type { Explanation, Facet } from '../document/facet.js';
import { numberFacet } from './estimate.js';
import { shortfall, type FacetDefinition } from './facet.js';
import { PLAYS, countsWithoutEachGroup, playCoverage, playEvidence, playsOf } from './plays.js';
import type { Statistics } from '../statistics/statistics.js';

const MINIMUM = { days: 30, keyDays: 150, unit: 'artist-days' };
/** Order 1 leans on the artists that were not seen: below this coverage every estimator fails. */
const MIN_COVERAGE = 0.75;
/** A quarter more or less. */
const U = 0.25;

const EXPLAIN: Explanation = {
  formula: '²D = n(n−1)/Σ fᵢ(fᵢ−1); ¹D = exp(Ĥ), Ĥ = Σ fᵢ/n·(ψ(n)−ψ(fᵢ)) + f₁/n·(1−A)^(1−n)·Σ_{r≥n} (1−A)^r/r',
  source: 'Hill 1973; Chao, Wang & Jost 2013; interval: delete-a-group jackknife of the logarithm, Kott 2001',
  inputs: 'fᵢ: UTC days on which artist i was played; f₁, f₂: artists seen on one and two days; A from them',
};

/** How many equally loved artists would be as varied: of order 2, which the favourites decide. */
export const effectiveArtists: FacetDefinition = {
  name: 'taste.effective_artists',
  restsOn: [PLAYS],
  explain: EXPLAIN,
  build: ({ statistics }) => ({
    'taste.effective_artists': order(statistics, effectiveOfOrder2, 'simpson+jackknife20', 0),
  }),
};

/** The same of order 1, in which rarer artists count. */
export const effectiveArtistsShannon: FacetDefinition = {
  name: 'taste.effective_artists.shannon',
  restsOn: [PLAYS],
  explain: EXPLAIN,
  build: ({ statistics }) => ({
    'taste.effective_artists.shannon': order(statistics, effectiveOfOrder1, 'chao-wang-jost+jackknife20', MIN_COVERAGE),
  }),
};

function order(
  statistics: Statistics,
  estimator: (counts: readonly number[]) => number,
  method: string,
  minCoverage: number,
): Facet {
  const plays = playsOf(statistics, 'artist', MINIMUM);
  if ('status' in plays) return plays;
  const seen = sampleCoverage(plays.counts) ?? 0;
  if (seen < minCoverage) {
    return shortfall('too_few_items', rounded(seen, 4), minCoverage, 'of your listening falls on artists we have seen');
  }
  return numberFacet({
    value: estimator(plays.counts),
    halfWidth: halfWidth90(countsWithoutEachGroup(plays.source).map((counts) => Math.log(estimator(counts)))),
    scale: 'ln',
    bounds: [1, Infinity],
    u: U,
    unit: 'artists',
    method,
    n: plays.n,
    days: plays.source.days,
    coverage: playCoverage(plays, statistics),
    evidence: () => playEvidence(plays, statistics),
  });
}
