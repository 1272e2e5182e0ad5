import { IANAZone } from 'luxon';
import type {
  ClaimCoverage,
  Explanation,
  Facet,
  ShortfallReason,
  StateReason,
  UnknownFacet,
  Zone,
} from '../signature.js';
import { isTruncated } from './truncations.js';
import { isoDay, type Statistics } from './statistics.js';

/** All that a facet may look at. */
export interface FacetContext {
  readonly statistics: Statistics;
  readonly zone: Zone | null;
  /** The person asked for themes about health, belief, politics, sexuality and unions. */
  readonly sensitiveTopics?: boolean | undefined;
}

/** One facet: its name, and what it says for each key it speaks under (`rhythms.peak`, `rhythms.peak@spotify`). */
export interface FacetDefinition {
  readonly name: string;
  readonly explain: Explanation;
  /** It speaks of each connected platform by itself (`…@spotify`). */
  readonly perPlatform?: true;
  readonly build: (context: FacetContext) => Readonly<Record<string, Facet>>;
}

/** Too little to speak: what there is, what it takes, and in which unit. */
export function shortfall(reason: ShortfallReason, have: number, need: number, unit: string): UnknownFacet {
  return { status: 'unknown', reason, have, need, unit };
}

/** Nothing to count towards: something has to change first. */
export function unknown(reason: StateReason): UnknownFacet {
  return { status: 'unknown', reason };
}

/** The zone as luxon knows it; null also for a name this tz database does not know. */
export function usableZone(zone: Zone | null): IANAZone | null {
  return zone && IANAZone.isValidZone(zone.iana) ? IANAZone.create(zone.iana) : null;
}

/** The window of a claim from UTC days. */
export function claimCoverage(
  sources: readonly { readonly platform: string; readonly kind: string }[],
  dayFrom: number,
  dayTo: number,
): ClaimCoverage {
  return {
    from: isoDay(dayFrom),
    to: isoDay(dayTo),
    platforms: [...new Set(sources.map((source) => source.platform))].sort(),
    truncated: sources.some((source) => isTruncated(source.platform, source.kind)),
  };
}
