import type { IANAZone } from 'luxon';
import type { ClaimCoverage, Evidence, Facet } from '../signature.js';
import { activeCells, type ActiveCells } from './active-cells.js';
import { evidence } from './evidence.js';
import { claimCoverage, unknown, usableZone, type FacetContext } from './facet.js';
import type { KindStatistics, Statistics } from './statistics.js';

/** YouTube's terms forbid mixing its data with other sources: it never enters the pooled rhythms. */
const NEVER_POOLED = ['youtube'];

/** What a rhythm facet is computed from: the acts of one platform, or of all that may be pooled. */
export interface RhythmSource {
  readonly cells: ActiveCells;
  readonly coverage: () => ClaimCoverage;
  readonly evidence: () => Evidence;
}

/** Computes a rhythm facet pooled (`rhythms.peak`) and for each connected platform (`rhythms.peak@spotify`). */
export function forEachRhythm(
  name: string,
  { statistics, zone }: FacetContext,
  facet: (source: RhythmSource) => Facet,
): Record<string, Facet> {
  const pooled = statistics.connected.filter((platform) => !NEVER_POOLED.includes(platform));
  const local = usableZone(zone);
  const about = (platforms: readonly string[]): Facet => {
    if (platforms.length === 0) return unknown('not_connected');
    if (!local) return unknown('no_time_zone');
    return facet(rhythmSource(statistics, platforms, local));
  };
  const single = statistics.connected.map((platform): [string, Facet] => [`${name}@${platform}`, about([platform])]);
  const [only] = pooled;
  const same = pooled.length === 1 ? single.find(([key]) => key === `${name}@${only}`)?.[1] : undefined;
  return Object.fromEntries([[name, same ?? about(pooled)], ...single]);
}

function rhythmSource(statistics: Statistics, platforms: readonly string[], zone: IANAZone): RhythmSource {
  const kinds = statistics.kinds.filter((kind) => platforms.includes(kind.platform) && kind.acts > 0);
  const dayFrom = Math.min(...kinds.map((kind) => kind.dayFrom ?? Infinity));
  const dayTo = Math.max(...kinds.map((kind) => kind.dayTo ?? -Infinity));
  return {
    cells: activeCells(
      statistics.activity.filter((activity) => platforms.includes(activity.platform)),
      zone,
    ),
    coverage: () => claimCoverage(kinds, dayFrom, dayTo),
    evidence: () => actEvidence(kinds, dayFrom, dayTo),
  };
}

/** The acts behind a rhythm, with the kinds of act seen on most days. */
function actEvidence(kinds: readonly KindStatistics[], dayFrom: number, dayTo: number): Evidence {
  const names = kinds.map((kind) => `${kind.platform}.${kind.kind}`);
  const strongest = [...kinds].sort((a, b) => b.actDays - a.actDays); // stable, and kinds come sorted by name
  return evidence(
    {
      platforms: [...new Set(kinds.map((kind) => kind.platform))].sort(),
      kinds: [...new Set(kinds.map((kind) => kind.kind))].sort(),
      dayFrom,
      dayTo,
      timeMeaning: 'user_act',
    },
    names,
    kinds.reduce((sum, kind) => sum + kind.acts, 0),
    strongest.map((kind) => ({
      key: `${kind.platform}.${kind.kind}`,
      label: null,
      days: kind.actDays,
      items: kind.sample,
    })),
  );
}
