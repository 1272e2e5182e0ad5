import { expectedNew, expectedNewVariance } from '../estimators/incidence.js';
import { Z90 } from '../estimators/wilson.js';
import { numberFacet } from './estimate.js';
import { shortfall, type FacetDefinition } from './facet.js';
import { PLAYS, playCoverage, playEvidence, playsOf, tooShort } from './plays.js';
import { BLOCK_DAYS, RECENT_BLOCKS, type KeyDays } from '../statistics/statistics.js';
import { rounded } from '../estimators/confidence.js';

const MINIMUM = { days: 30, keyDays: 150, unit: 'artist-days' };
const MIN_BLOCKS = 6;
const MIN_EXPECTED = 20;

/**
 * How many artists of the latest 84 days had not been there in the whole 28-day blocks before, against how many one would
 * expect of this listener if nothing changed. 1 is usual. A raw count of new artists falls with the length of the history
 * for someone who never changes; this ratio does not.
 */
export const discovery: FacetDefinition = {
  name: 'taste.discovery',
  restsOn: [PLAYS],
  explain: {
    formula:
      'new/E, E = Q₀·[1 − (1 − Q₁/(TQ₀+Q₁))³], Q₀ = (T−1)/T·Q₁²/2Q₂; interval ln ± 1.645·√(1/E + var ln E + c²·(1/3 + 1/T))',
    source: 'Colwell et al. 2012 (incidence extrapolation); var ln E: delta method over Q₁, Q₂',
    inputs:
      'T: 28-day blocks before the latest three; Q₁, Q₂: artists seen in exactly one and two of them; c: variation of the artist-days from block to block',
  },
  build: ({ statistics }) => {
    const short = tooShort(statistics, MIN_BLOCKS + RECENT_BLOCKS);
    if (short) return { 'taste.discovery': short };
    const plays = playsOf(statistics, 'artist', MINIMUM);
    if ('status' in plays) return { 'taste.discovery': plays };
    const { keys, dayFrom, dayTo } = plays.source;
    const blocks = Math.floor((dayTo - dayFrom + 1) / BLOCK_DAYS) - RECENT_BLOCKS;
    const seenIn = (times: number) => keys.filter(({ earlierBlocks }) => earlierBlocks === times).length;
    const expected = expectedNew(seenIn(1), seenIn(2), blocks, RECENT_BLOCKS);
    if (expected < MIN_EXPECTED) {
      return {
        'taste.discovery': shortfall('too_few_items', rounded(expected, 4), MIN_EXPECTED, 'new artists expected'),
      };
    }
    const before = keys.filter(({ earlierBlocks }) => earlierBlocks > 0).length;
    const unsure = expectedNewVariance(seenIn(1), seenIn(2), before, blocks, RECENT_BLOCKS);
    const restless = blockVariation(keys, blocks + RECENT_BLOCKS) * (1 / RECENT_BLOCKS + 1 / blocks);
    const lately = keys.filter((key) => key.blocks.slice(0, RECENT_BLOCKS).some((days) => days > 0));
    const found = lately.filter(({ earlierBlocks }) => earlierBlocks === 0).length;
    return {
      'taste.discovery': numberFacet({
        value: Math.max(found, 0.5) / expected, // none at all has no logarithm: half an artist stands for it
        halfWidth: Z90 * Math.sqrt(1 / expected + unsure + restless),
        scale: 'ln',
        u: 0.35,
        unit: 'times the usual',
        method: 'incidence-extrapolation',
        n: lately.length,
        days: plays.source.days,
        coverage: playCoverage(plays, statistics),
        evidence: () => playEvidence(plays, statistics),
      }),
    };
  },
};

/** Squared coefficient of variation of the artist-days of a block, from the latest whole ones: more listening, more news. */
function blockVariation(keys: readonly KeyDays[], whole: number): number {
  const counted = keys[0]?.blocks.length ?? 0;
  const sums = Array.from({ length: Math.min(whole, counted) }, (_, block) =>
    keys.reduce((sum, { blocks }) => sum + (blocks[block] ?? 0), 0),
  );
  const mean = sums.reduce((sum, days) => sum + days, 0) / sums.length;
  return sums.reduce((sum, days) => sum + (days - mean) ** 2, 0) / (sums.length - 1) / mean ** 2;
}
