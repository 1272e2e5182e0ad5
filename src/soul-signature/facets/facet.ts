import { IANAZone } from 'luxon';
import type {
  ClaimCoverage,
  Explanation,
  Facets,
  ShortfallReason,
  StateReason,
  UnknownFacet,
} from '../document/facet.js';
import type { Ground } from '../document/ground.js';
import type { Zone } from '../document/signature.js';
import { isTruncated } from './truncations.js';
import { isoDay, type Statistics } from '../statistics/statistics.js';

/** All that a facet may look at. */
export interface FacetContext {
  readonly statistics: Statistics;
  readonly zone: Zone | null;
  /** The person asked for themes about health, belief, politics, sexuality and unions. */
  readonly sensitiveTopics?: boolean | undefined;
}

/** One facet: its name, and its value under each of its keys (`rhythms.peak`, `rhythms.peak@spotify`). */
export interface FacetDefinition {
  readonly name: string;
  readonly explain: Explanation;
  /** All that can change it. Causes of changes, policies and invitations follow from this. */
  readonly restsOn: readonly Ground[];
  /**
   * There is one for each connected platform (`…@spotify`): `alone` from the items of that platform, or `compared` with
   * those of the others.
   */
  readonly perPlatform?: 'alone' | 'compared';
  readonly build: (context: FacetContext) => Facets;
}

/** The local calendar, as a ground. */
export const ZONE: Ground = { what: 'zone' };

/** Every key that a facet can have with these platforms, and what the claim under it rests on. */
export function claimsOf(
  { name, restsOn, perPlatform }: FacetDefinition,
  platforms: readonly string[],
): { readonly key: string; readonly platform: string | null; readonly restsOn: readonly Ground[] }[] {
  const single = perPlatform ? platforms : [];
  const alone = (platform: string) => restsOn.map((ground) => narrowed(ground, platform));
  return [
    { key: name, platform: null, restsOn },
    ...single.map((platform) => ({
      key: `${name}@${platform}`,
      platform,
      restsOn: perPlatform === 'alone' ? alone(platform) : [...alone(platform), ...restsOn],
    })),
  ];
}

function narrowed(ground: Ground, platform: string): Ground {
  return ground.what === 'items' ? { ...ground, platform: ground.platform ?? platform } : ground;
}

/** Whether a claim rests on the items of any of these platforms. */
export function restsOnAny(restsOn: readonly Ground[], platforms: readonly string[]): boolean {
  return restsOn.some(
    (ground) => ground.what === 'items' && platforms.some((one) => ground.platform === null || ground.platform === one),
  );
}

/** Too little for an estimate: what there is, what it takes, and in which unit. */
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
  statistics: Statistics,
  sources: readonly { readonly platform: string; readonly kind: string }[],
  dayFrom: number,
  dayTo: number,
): ClaimCoverage {
  return {
    from: isoDay(dayFrom),
    to: isoDay(dayTo),
    platforms: [...new Set(sources.map((source) => source.platform))].sort(),
    truncated: sources.some((source) => isTruncated(statistics, source.platform, source.kind)),
  };
}
