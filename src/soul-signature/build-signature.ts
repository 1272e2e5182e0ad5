import { FACTS, SHARED_FACTS } from './facts/facts.js';
import { coverageOf } from './facets/coverage.js';
import { claimsOf, type FacetContext } from './facets/facet.js';
import { FACETS } from './facets/facets.js';
import { onPlaysOf } from './facets/plays.js';
import { statsDigest, type Statistics } from './statistics/statistics.js';
import { THEMES_VERSION } from './facets/themes.js';
import { RULES } from './portrait/archetype-rules.js';
import { archetypeOf } from './portrait/archetype.js';
import { diffOf } from './portrait/diff.js';
import { narrativeOf } from './portrait/narrative.js';
import { estimable, withPolicy } from './portrait/policy.js';
import type { Offer } from './portrait/reach.js';
import { rarityOf, type ThemePopulation } from './portrait/theme-rarity.js';
import { uniquenessOf, type Population } from './portrait/uniqueness.js';
import type { Facet, Facets } from './document/facet.js';
import type { SignatureDocument, Zone } from './document/signature.js';

/** Version of the arithmetic. Raise it when a formula changes, so that no one reads the change as their own. */
const METHOD = '1.3.0';

/** The outside world of a build. */
export interface BuildOptions {
  readonly asOf: Date;
  readonly zone: Zone | null;
  /** The version before: its name is kept until another has cleared its boundary, and changes are found against it. */
  readonly previous?: { readonly version: number; readonly document: SignatureDocument } | undefined;
  /** Platforms whose policy leaves facts only. */
  readonly factsOnly?: readonly string[];
  /** The person asked for sensitive themes; without it there are none. */
  readonly sensitiveTopics?: boolean;
  /** Frozen tables of the people who agreed to be counted. */
  readonly population?: Population;
  /** The same of themes; null where there are too few of them. */
  readonly themePopulation?: ThemePopulation | null;
  /** What the platforms give that are connected or can be; without it, whatever a facet asks for. */
  readonly offers?: readonly Offer[] | undefined;
}

/**
 * Computes a signature from statistics. Pure: no clock but `asOf`, no random numbers, no I/O. Everything a person reads
 * is either an exact fact, or an estimate with interval, confidence and evidence, or unknown with its reason.
 */
export function buildSignature(
  statistics: Statistics,
  {
    asOf,
    zone,
    previous,
    factsOnly = [],
    sensitiveTopics = false,
    population = {},
    themePopulation = null,
    offers,
  }: BuildOptions,
): SignatureDocument {
  const withheld = statistics.connected.filter((platform) => factsOnly.includes(platform));
  const mixable = estimable(statistics, withheld);
  const facets = withPolicy(estimates({ statistics: mixable, zone, sensitiveTopics }), statistics, withheld);
  const before = previous?.document;
  const archetype = archetypeOf(facets, {
    asOf,
    version: (previous?.version ?? 0) + 1,
    previous: before?.rules === RULES ? before.archetype : null,
  });
  const document: SignatureDocument = {
    schema: 'soul/1',
    method: METHOD,
    rules: RULES,
    themes: THEMES_VERSION,
    asOf: asOf.toISOString(),
    statsDigest: statsDigest(statistics),
    prev: previous?.version ?? null,
    zone,
    factsOnly: withheld,
    sensitiveTopics,
    coverage: coverageOf(statistics),
    facts: [...FACTS.flatMap((fact) => fact(statistics)), ...SHARED_FACTS.flatMap((fact) => fact(mixable))],
    facets,
    archetype,
    uniqueness: uniquenessOf(facets, population),
    rarity: rarityOf(facets, themePopulation),
    narrative: narrativeOf({ facets, archetype }, offers),
    diff: [],
  };
  return before ? { ...document, diff: diffOf(before, document) } : document;
}

function estimates(context: FacetContext): Facets {
  const built = FACETS.flatMap((definition) => {
    const facets = definition.build(context);
    return claimsOf(definition, context.statistics.connected).flatMap(({ key, restsOn }): [string, Facet][] => {
      const facet = facets[key];
      const grounds = onPlaysOf(context.statistics, restsOn);
      return facet ? [[key, { ...facet, explain: definition.explain, restsOn: grounds }]] : [];
    });
  });
  return Object.fromEntries(built);
}
