import { halfWidth90 } from '../estimators/jackknife.js';
import { numberFacet } from './estimate.js';
import type { FacetDefinition } from './facet.js';
import { PLAYS, countsWithoutEachGroup, playCoverage, playEvidence, playsOf } from './plays.js';

/** With fewer days the ten that happen to lead look too strong (by .03 at 90 days). */
const MINIMUM = { days: 180, keyDays: 150, unit: 'artist-days' };
const TOP = 10;

/** What share of all artist-days the ten artists of most days have. The ten are chosen anew in every replicate. */
export const concentration: FacetDefinition = {
  name: 'taste.concentration',
  restsOn: [PLAYS],
  explain: {
    formula: 'Σ of the ten largest fᵢ / n',
    source: 'count; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'fᵢ: UTC days on which artist i was played; n: their sum (artist-days)',
  },
  build: ({ statistics }) => {
    const plays = playsOf(statistics, 'artist', MINIMUM);
    if ('status' in plays) return { 'taste.concentration': plays };
    return {
      'taste.concentration': numberFacet({
        value: topShare(plays.counts),
        halfWidth: halfWidth90(countsWithoutEachGroup(plays.source).map(topShare)),
        bounds: [0, 1],
        u: 0.1,
        unit: 'share of artist-days',
        method: 'top10+jackknife20',
        n: plays.n,
        days: plays.source.days,
        coverage: playCoverage(plays, statistics),
        evidence: () => playEvidence(plays, statistics),
      }),
    };
  },
};

function topShare(counts: readonly number[]): number {
  const sorted = [...counts].sort((a, b) => b - a);
  const sum = (some: readonly number[]) => some.reduce((total, count) => total + count, 0);
  return sum(sorted.slice(0, TOP)) / sum(sorted);
}
