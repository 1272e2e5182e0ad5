import { rounded } from '../estimators/confidence.js';
import { betaQuantile } from '../estimators/special-functions.js';
import type { Facets } from '../document/facet.js';
import { numberOf } from './archetype-rules.js';
import type { Percentile } from '../document/portrait.js';

/** Fewer others than this are no population, and a percentile among them would point at people. */
export const MIN_OTHERS = 50;
/** Points of a frozen table: the minimum, every twentieth, the maximum. */
const QUANTILES = 21;

/** Facets that may be compared. YouTube's data never enters, and pooled rhythms hold none of it. */
export const COMPARED: readonly string[] = [
  'taste.breadth',
  'taste.effective_artists',
  'taste.concentration',
  'taste.repeat',
  'taste.discovery',
  'rhythms.night_share',
  'rhythms.regularity',
  'creation.cadence',
  'creation.share_of_days',
  'creation.burstiness',
  'connection.organiser',
  'connection.reciprocity',
];

/** A frozen table: how a facet is spread over the people of this deployment who agreed to be counted. */
interface PopulationTable {
  /** Others in it: the person who is compared is not counted. */
  readonly others: number;
  /** 21 rounded quantiles, ascending. */
  readonly quantiles: readonly number[];
}

export type Population = Readonly<Record<string, PopulationTable>>;

/** Where the person stands among the others, to five points, with its interval; unknown below fifty others. */
export function uniquenessOf(facets: Facets, population: Population): Record<string, Percentile> {
  return Object.fromEntries(
    COMPARED.flatMap((key): [string, Percentile][] => {
      const facet = numberOf(facets, key);
      if (!facet || facet.confidence.level === 'low') return [];
      const table = population[key];
      const have = table?.others ?? 0;
      if (!table || have < MIN_OTHERS) {
        return [
          [key, { status: 'unknown', reason: 'population_too_small', have, need: MIN_OTHERS, unit: 'other people' }],
        ];
      }
      const share = shareBelow(table.quantiles, facet.value);
      const below = Math.round(share * have);
      return [
        [
          key,
          {
            status: 'known',
            percentile: Math.round(share * 20) * 5,
            interval: [
              rounded(100 * betaQuantile(0.05, below + 0.5, have - below + 0.5), 0),
              rounded(100 * betaQuantile(0.95, below + 0.5, have - below + 0.5), 0),
            ],
            others: Math.floor(have / 10) * 10,
          },
        ],
      ];
    }),
  );
}

/** Share of the population below a value, from its quantiles, straight between them. */
function shareBelow(quantiles: readonly number[], value: number): number {
  const steps = quantiles.length - 1;
  const at = quantiles.findIndex((quantile) => quantile >= value);
  if (at === 0) return 0;
  if (at < 0) return 1;
  const [low = 0, high = 0] = [quantiles[at - 1], quantiles[at]];
  return (at - 1 + (high === low ? 0 : (value - low) / (high - low))) / steps;
}

/** The frozen table of some values: 21 quantiles, rounded to three digits so that no one's own number stands in it. */
export function quantilesOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return Array.from({ length: QUANTILES }, (_, i) => {
    const position = (i / (QUANTILES - 1)) * (sorted.length - 1);
    const [low, high] = [Math.floor(position), Math.ceil(position)];
    const value = (sorted[low] ?? 0) + (position - low) * ((sorted[high] ?? 0) - (sorted[low] ?? 0));
    return Number(value.toPrecision(3));
  });
}
