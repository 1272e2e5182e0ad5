import type { IANAZone } from 'luxon';
import type { Evidence } from '../document/evidence.js';
import type { ClaimCoverage, Facet, UnknownFacet } from '../document/facet.js';
import type { Ground } from '../document/ground.js';
import { activeCells, type ActiveCells } from './active-cells.js';
import { evidence } from './evidence.js';
import { claimCoverage, shortfall, unknown, usableZone, type FacetContext } from './facet.js';
import type { CoverageGap, KindStatistics, Statistics } from '../statistics/statistics.js';

/** YouTube's terms forbid mixing its data with other sources: it never enters the pooled rhythms. */
export const NEVER_POOLED = ['youtube'];

/** Acts of any kind, as a ground. */
export const ACTS: Ground = { what: 'items', platform: null, kinds: null };

/** What a rhythm facet is computed from: the acts of one platform, or of all that may be pooled. */
export interface RhythmSource {
  readonly cells: ActiveCells;
  /** Days that were left out because a part of them was not seen. */
  readonly gapDays: number;
  readonly coverage: () => ClaimCoverage;
  readonly evidence: () => Evidence;
}

/** Computes a rhythm facet pooled (`rhythms.peak`) and for each connected platform (`rhythms.peak@spotify`). */
export function forEachRhythm(
  name: string,
  { statistics, zone }: FacetContext,
  facet: (source: RhythmSource) => Facet,
): Record<string, Facet> {
  const pooled = pooledPlatforms(statistics);
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

/** The cells of all rhythm facets are the same, and laying them on the calendar is what costs. */
const SOURCES = new WeakMap<Statistics, Map<string, RhythmSource>>();

/** The acts of these platforms on the local calendar. */
function rhythmSource(statistics: Statistics, platforms: readonly string[], zone: IANAZone): RhythmSource {
  const known = SOURCES.get(statistics) ?? new Map<string, RhythmSource>();
  SOURCES.set(statistics, known);
  const name = [zone.name, ...platforms].join(' ');
  const source = known.get(name) ?? newSource(statistics, platforms, zone);
  known.set(name, source);
  return source;
}

/** Platforms whose acts may be counted together. */
export function pooledPlatforms({ connected }: Statistics): string[] {
  return connected.filter((platform) => !NEVER_POOLED.includes(platform));
}

function newSource(statistics: Statistics, platforms: readonly string[], zone: IANAZone): RhythmSource {
  const activity = statistics.activity.filter((entry) => platforms.includes(entry.platform));
  const kinds = statistics.kinds.filter((kind) => platforms.includes(kind.platform) && kind.acts > 0);
  const dayFrom = Math.min(...kinds.map((kind) => kind.dayFrom ?? Infinity));
  const dayTo = Math.max(...kinds.map((kind) => kind.dayTo ?? -Infinity));
  return {
    cells: activeCells(activity, zone),
    gapDays: kinds.reduce((sum, kind) => sum + kind.gapDays, 0),
    coverage: () => claimCoverage(statistics, kinds, dayFrom, dayTo),
    evidence: () => actEvidence(kinds, dayFrom, dayTo, statistics.gaps),
  };
}

/** The acts behind a rhythm, with the kinds of act seen on most days. */
export function actEvidence(
  kinds: readonly KindStatistics[],
  dayFrom: number,
  dayTo: number,
  gaps: readonly CoverageGap[],
): Evidence {
  const except = gaps.filter((gap) =>
    kinds.some(({ platform, kind }) => gap.platform === platform && gap.kind === kind),
  );
  const names = kinds.map((kind) => `${kind.platform}.${kind.kind}`);
  const strongest = [...kinds].sort((a, b) => b.actDays - a.actDays); // stable, and kinds come sorted by name
  return evidence(
    {
      platforms: [...new Set(kinds.map((kind) => kind.platform))].sort(),
      kinds: [...new Set(kinds.map((kind) => kind.kind))].sort(),
      dayFrom,
      dayTo,
      timeMeaning: 'user_act',
      ...(except.length === 0 ? {} : { except }),
    },
    names,
    kinds.reduce((sum, kind) => sum + kind.acts - kind.gapActs, 0),
    strongest.map((kind) => ({
      key: `${kind.platform}.${kind.kind}`,
      label: null,
      days: kind.actDays,
      items: kind.sample,
    })),
  );
}

/** Why there are too few days: there are not more, or those there are were seen only in part. */
export function tooFewDays({ cells, gapDays }: RhythmSource, need: number): UnknownFacet | undefined {
  if (cells.days >= need) return undefined;
  return shortfall(cells.days + gapDays >= need ? 'sampled' : 'too_few_days', cells.days, need, 'active days');
}
