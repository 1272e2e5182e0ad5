import type { Facets } from './facet.js';
import type { Fact } from './fact.js';
import type { Archetype, Change, Narrative, Percentile, Rarity } from './portrait.js';

/** Who told what there is of a platform. What several have told counts for each of them. */
export type CoverageSource = {
  readonly items: number;
  /** UTC dates of the person's own acts, null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
} & (
  | { readonly source: 'connection' }
  | {
      readonly source: 'import';
      readonly importId: string;
      /** ISO 8601, UTC. */
      readonly importedAt: string;
      readonly formats: readonly { readonly name: string; readonly title: string }[];
    }
);

/** What we have of one platform. `from` and `to` are UTC dates of the person's own acts, null where there is none. */
export interface PlatformCoverage {
  /** For people: the platform may be one that cannot be connected. */
  readonly title: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Distinct UTC days with an act. */
  readonly activeDays: number;
  readonly items: number;
  readonly truncated: boolean;
  /** Why and what is truncated, for people. */
  readonly truncations: readonly { readonly kind: string; readonly reason: string }[];
  /** The connection, then archives as they came; empty in versions that an earlier program stored. */
  readonly sources: readonly CoverageSource[];
  /** Share of the items (GitHub's `language`: of repo-days) that carry an optional field; absent where there is none. */
  readonly fields: Readonly<Record<string, number>>;
  readonly sampleCoverage: number | null;
}

/** The person's time zone and where it was set; without one there are no rhythms, and never the server's. */
export interface Zone {
  readonly iana: string;
  readonly source: 'user' | 'calendar' | 'browser';
}

/** One version of a soul signature: the same statistics, zone and `asOf` give the same bytes. */
export interface SignatureDocument {
  readonly schema: 'soul/1';
  /** Version of the formulas; a change of method is never read as a change of the person. */
  readonly method: string;
  /** Version of the rules that name an archetype. */
  readonly rules: string;
  /** Version of the table of themes. */
  readonly themes: string;
  /** Number of the version before; null in the first one. */
  readonly prev: number | null;
  /** Connected platforms of which there are only facts, because their owner forbids more. */
  readonly factsOnly: readonly string[];
  /** The person had asked for themes about health, belief, politics, sexuality and unions. */
  readonly sensitiveTopics: boolean;
  readonly asOf: string;
  readonly statsDigest: string;
  readonly zone: Zone | null;
  readonly coverage: Readonly<Record<string, PlatformCoverage>>;
  readonly facts: readonly Fact[];
  readonly facets: Facets;
  readonly archetype: Archetype;
  /** By facet, for those that are known well enough. */
  readonly uniqueness: Readonly<Record<string, Percentile>>;
  /** By theme (`theme:jazz`), of those that the person shows and that may be compared. */
  readonly rarity: Readonly<Record<string, Rarity>>;
  readonly narrative: Narrative;
  /** Against the version before; empty in the first one. */
  readonly diff: readonly Change[];
}
