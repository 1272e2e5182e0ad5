import { rounded } from '../estimators/confidence.js';
import { BLOCKS, drift as driftOf } from '../estimators/divergence.js';
import { logOddsZ } from '../estimators/log-odds.js';
import { Z90 } from '../estimators/wilson.js';
import type { KnownNumber } from '../document/facet.js';
import { numberFacet } from './estimate.js';
import { shortfall, type FacetDefinition } from './facet.js';
import { PLAYS, playCoverage, playEvidence, playsOf, tooShort, type Plays } from './plays.js';

const MINIMUM = { days: 30, keyDays: 150, unit: 'artist-days' };
const MIN_ACTIVE = 9;
const HALF = BLOCKS / 2;
/** Pooled counts weigh so many artist-days as a prior. */
const PRIOR = 500;
const MOVERS = 5;

/**
 * How far the listening of the latest 24 weeks lies from that of the 24 before, beyond what any two halves of the same
 * year differ by. `p` is how often chance alone would divide it so; the movers are what changed most.
 */
export const drift: FacetDefinition = {
  name: 'change.drift',
  restsOn: [PLAYS],
  explain: {
    formula: 'JSD(latest six 28-day blocks, six before) − mean JSD over all 462 halvings; p = share at least as large',
    source: 'Lin 1991; exact permutation of blocks; movers: log-odds with a prior, Monroe et al. 2008',
    inputs: 'artist-days of each artist in each of the latest twelve 28-day blocks; interval: 90 % of the halvings',
  },
  build: ({ statistics }) => {
    const short = tooShort(statistics, MIN_ACTIVE);
    if (short) return { 'change.drift': short };
    const plays = playsOf(statistics, 'artist', MINIMUM);
    if ('status' in plays) return { 'change.drift': plays };
    const { keys } = plays.source;
    const rows = keys.map((key) => key.blocks);
    const active = Array.from({ length: BLOCKS }, (_, block) => rows.some((row) => (row[block] ?? 0) > 0));
    const activeBlocks = active.filter(Boolean).length;
    const few = shortfall('too_few_days', activeBlocks, MIN_ACTIVE, 'of 12 four-week blocks with plays');
    if (activeBlocks < MIN_ACTIVE) return { 'change.drift': few };
    const found = driftOf(rows);
    if (!found) return { 'change.drift': few };
    return {
      'change.drift': numberFacet({
        value: found.excess,
        halfWidth: Z90 * found.spread,
        bounds: [-1, 1],
        u: 0.05,
        unit: 'bits beyond chance',
        method: 'jensen-shannon+462-splits',
        n: rows.reduce((sum, row) => sum + row.reduce((total, days) => total + days, 0), 0),
        days: plays.source.days,
        coverage: playCoverage(plays, statistics),
        evidence: () => playEvidence(plays, statistics),
        more: { p: rounded(found.p, 4), movers: moversOf(plays) },
      }),
    };
  },
};

/** Whether a drift may be called one: rarer than one in twenty by chance, and large enough to be worth a sentence. */
export function isDrift({ value, p = 1, confidence: { u } }: KnownNumber): boolean {
  return p <= 0.05 && value >= u;
}

/** The artists whose share of the days changed most surely. */
function moversOf({ source }: Plays): NonNullable<KnownNumber['movers']> {
  const halves = source.keys.map(({ key, label, blocks }) => {
    const sum = (some: readonly number[]) => some.reduce((total, days) => total + days, 0);
    return { key, label, now: sum(blocks.slice(0, HALF)), before: sum(blocks.slice(HALF)) };
  });
  const now = halves.reduce((sum, half) => sum + half.now, 0);
  const before = halves.reduce((sum, half) => sum + half.before, 0);
  return halves
    .filter((half) => half.now + half.before > 0)
    .map(({ key, label, now: y, before: y2 }) => {
      const prior = (PRIOR * (y + y2)) / (now + before);
      return { key, label, z: rounded(logOddsZ(y, now, y2, before, prior, PRIOR), 2) };
    })
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z) || (a.key < b.key ? -1 : 1))
    .slice(0, MOVERS);
}
