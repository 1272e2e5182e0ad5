import type { JsonObject, TimeMeaning } from '../platforms/platform.js';
import type { Archetype, Change, Narrative, Percentile, Rarity } from './portrait/portrait.js';

/** Why a number is withheld, together with what there is and what it takes: the page turns these into invitations. */
export type ShortfallReason =
  | 'too_few_days'
  | 'too_few_items'
  | 'history_too_short'
  | 'field_absent'
  | 'population_too_small'
  | 'no_daily_pattern'
  | 'too_uncertain'
  | 'sampled';

/** Why a number is withheld where no amount of waiting helps; something else has to change first. */
export type StateReason = 'not_connected' | 'ranked_list_only' | 'no_time_zone' | 'policy';

type UnknownReason = ShortfallReason | StateReason;

/** Which items a claim rests on, as data: reading the items again by this alone gives the claim's value again. */
export interface Predicate {
  readonly platforms: readonly string[];
  readonly kinds: readonly string[];
  /** First and last UTC day (days since 1970-01-01, inclusive) of `occurredAt`; null where time plays no part. */
  readonly dayFrom: number | null;
  readonly dayTo: number | null;
  readonly timeMeaning: TimeMeaning | null;
  /** Counted are only items whose key begins so (`artist:`). */
  readonly keyStartsWith?: string;
  /** Of ranked lists: one time range (`short_term:`) of one snapshot (`:2026-11-20`). */
  readonly externalId?: { readonly startsWith: string; readonly endsWith: string };
  /** Only items whose payload holds all of this (PostgreSQL's `@>`): `{ fork: false }`. */
  readonly payload?: JsonObject;
  /** Left out are items of a kind on these UTC days, of which the provider had forgotten a part. */
  readonly except?: readonly {
    readonly platform: string;
    readonly kind: string;
    readonly dayFrom: number;
    readonly dayTo: number;
  }[];
  /** Further items, by a condition of their own: what describes the keys that are counted. */
  readonly also?: Predicate;
}

/** How a claim comes about, for people who want to check it. */
export interface Explanation {
  readonly formula: string;
  /** Where the formula was published, or "count" where there is none to publish. */
  readonly source: string;
  /** What goes in. */
  readonly inputs: string;
}

/** One of the at most ten strongest contributions to a claim. Items are written `platform/kind/externalId`. */
export interface EvidenceTop {
  readonly key: string;
  readonly label: string | null;
  /** UTC days on which it was seen; null where nothing is counted by day. */
  readonly days: number | null;
  readonly items: readonly string[];
}

/** What a claim rests on. */
export interface Evidence {
  /** `platform.kind`, sorted. */
  readonly kinds: readonly string[];
  /** How many items the predicate selects. */
  readonly count: number;
  readonly predicate: Predicate;
  /** The predicate in words for people who read SQL. */
  readonly predicateText: string;
  /** Most days first, then key. */
  readonly top: readonly EvidenceTop[];
  /** Where the items can be paged through; known only once the version has a number (`withEvidencePages`). */
  readonly page: string | null;
}

/** How sure we are: score u/(u+h), h the half-width of the 90 % interval, u the smallest difference worth mentioning. */
export interface Confidence {
  readonly score: number;
  readonly level: 'high' | 'medium' | 'low';
  readonly u: number;
}

/** The window a claim speaks about. It says what we have and never enters the confidence. */
export interface ClaimCoverage {
  /** UTC dates, inclusive; local dates where whole weeks are counted (`creation.cadence`). */
  readonly from: string;
  readonly to: string;
  readonly platforms: readonly string[];
  /** The provider keeps only a part, so the window may have holes. */
  readonly truncated: boolean;
  /** Good–Turing: the share of the activity that falls on keys we have seen; only where keys are counted. */
  readonly sampleCoverage?: number;
}

interface KnownBase {
  readonly status: 'known';
  readonly unit: string;
  /** Probability of the interval, read as "this period, its days drawn again". */
  readonly level: 0.9;
  readonly method: string;
  /** Size of the sample in the counting unit of the method (key-days, active hours, weeks). */
  readonly n: number;
  /** Distinct active days: UTC days for taste and languages, local days for rhythms and cadence. */
  readonly days: number;
  readonly confidence: Confidence;
  readonly coverage: ClaimCoverage;
  readonly evidence: Evidence;
  readonly explain?: Explanation;
}

/** A number. With `period`, value and interval live on a circle: the interval runs forward from its first to its second
 * end, through 0 where the first is larger (`[23.2, 0.6]` is 23:12 to 00:36). */
export interface KnownNumber extends KnownBase {
  readonly shape: 'number';
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly period?: 24;
  /** On this scale half-width, confidence and differences are measured; linear without. */
  readonly scale?: 'ln';
  /** Exact probability of a value at least so large if nothing had changed. */
  readonly p?: number;
  /** What changed most, strongest first: `z` above 0 is more than before. */
  readonly movers?: readonly { readonly key: string; readonly label: string | null; readonly z: number }[];
}

/** Shares of active hours. `week[0]` is Monday, `[h]` the local hour h to h+1; all 168 sum to 1. */
export interface KnownClock extends KnownBase {
  readonly shape: 'clock';
  readonly value: { readonly week: readonly (readonly number[])[]; readonly hours: readonly number[] };
  /** One interval for each of the 24 hours of the day (all weekdays together). */
  readonly interval: { readonly hours: readonly (readonly [number, number])[] };
}

/** One part of a whole, with the 90 % interval of its share. */
interface Share {
  readonly key: string;
  readonly label: string;
  readonly share: number;
  readonly interval: readonly [number, number];
  /** How many repo-days (a repository on a UTC day with an own commit) are of this part. */
  readonly repoDays: number;
}

/** Parts of a whole, largest first, at most twelve: what is missing to 1 belongs to the smaller ones. */
export interface KnownShares extends KnownBase {
  readonly shape: 'shares';
  /** `effective`: how many different parts ten of the counted units hold (1 to 10), however many were counted. */
  readonly value: { readonly effective: number; readonly shares: readonly Share[] };
  readonly interval: { readonly effective: readonly [number, number] };
}

/** One theme: how large a part of the sources on a platform, or on several, is about it. */
export interface Theme {
  readonly key: string;
  readonly label: string;
  /** 0 to 1: share of the sources; for resonance the score. */
  readonly share: number;
  readonly interval: readonly [number, number];
  readonly sources: number;
  readonly platforms: readonly string[];
}

/** Themes, strongest first, at most twelve. */
interface KnownThemes extends KnownBase {
  readonly shape: 'themes';
  readonly value: { readonly themes: readonly Theme[] };
  readonly interval: null;
}

/** Words that stand out in the titles of one platform against the person's other platforms, strongest first. */
interface KnownWords extends KnownBase {
  readonly shape: 'words';
  readonly value: {
    readonly words: readonly {
      readonly word: string;
      readonly z: number;
      readonly titles: number;
      readonly days: number;
    }[];
  };
  readonly interval: null;
}

type KnownFacet = KnownNumber | KnownClock | KnownShares | KnownThemes | KnownWords;

/** `need - have` in `unit` is what is missing ("18 more days"). For `too_uncertain`: half-width and the widest allowed. */
export interface Shortfall {
  readonly status: 'unknown';
  readonly reason: ShortfallReason;
  readonly have: number;
  readonly need: number;
  readonly unit: string;
  readonly explain?: Explanation;
}

export type UnknownFacet =
  Shortfall | { readonly status: 'unknown'; readonly reason: StateReason; readonly explain?: Explanation };

/** An estimate about the person, or why there is none. There is no default value. */
export type Facet = KnownFacet | UnknownFacet;

interface FactBase {
  /** Unique in the document: `top_artists.short_term@spotify`. */
  readonly key: string;
  /** Null where it is about several. */
  readonly platform: string | null;
  readonly title: string;
  /** Whose statement it is ("as Spotify ranks them", "counted by us") and how many items it was read from. */
  readonly source: { readonly label: string; readonly kinds: readonly string[]; readonly count: number };
  /** A limit the reader must know. */
  readonly note?: string;
  readonly evidence: Evidence;
}

export interface FactListEntry {
  /** Null where the order is that of the names and means nothing. */
  readonly rank: number | null;
  readonly key: string | null;
  readonly label: string;
  /** Absent in ranked lists: the platform gives an order, not a number. */
  readonly count?: number;
  /** In a fact about several platforms: how many on each. They are never added up. */
  readonly on?: readonly { readonly platform: string; readonly count: number }[];
  readonly items: readonly string[];
}

/** An exact statement; a page can show it by `kind` alone. */
export type Fact =
  | (FactBase & { readonly kind: 'list'; readonly unit: string | null; readonly entries: readonly FactListEntry[] })
  | (FactBase & { readonly kind: 'count'; readonly value: number; readonly unit: string })
  | (FactBase & {
      readonly kind: 'date';
      /** ISO 8601, UTC. */
      readonly at: string;
      readonly label: string | null;
      readonly items: readonly string[];
    })
  | (FactBase & {
      readonly kind: 'series';
      readonly unit: string;
      readonly points: readonly { readonly label: string; readonly value: number }[];
    })
  | (FactBase & { readonly kind: 'unknown'; readonly reason: UnknownReason });

/** What we have of one platform. `from` and `to` are UTC dates of the person's own acts, null where there is none. */
export interface PlatformCoverage {
  readonly from: string | null;
  readonly to: string | null;
  /** Distinct UTC days with an act. */
  readonly activeDays: number;
  readonly items: number;
  readonly truncated: boolean;
  /** Why and what is truncated, for people. */
  readonly truncations: readonly { readonly kind: string; readonly reason: string }[];
  /** Share of the items (GitHub's `language`: of repo-days) that carry an optional field; absent where there is none. */
  readonly fields: Readonly<Record<string, number>>;
  readonly sampleCoverage: number | null;
}

/** The person's time zone and who said so; without one there are no rhythms, and never the server's. */
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
  /** Connected platforms of which only facts are said, because their owner forbids more. */
  readonly factsOnly: readonly string[];
  /** The person had asked for themes about health, belief, politics, sexuality and unions. */
  readonly sensitiveTopics: boolean;
  readonly asOf: string;
  readonly statsDigest: string;
  readonly zone: Zone | null;
  readonly coverage: Readonly<Record<string, PlatformCoverage>>;
  readonly facts: readonly Fact[];
  readonly facets: Readonly<Record<string, Facet>>;
  readonly archetype: Archetype;
  /** By facet, for those that are known well enough. */
  readonly uniqueness: Readonly<Record<string, Percentile>>;
  /** By theme (`theme:jazz`), of those that the person shows and that may be compared. */
  readonly rarity: Readonly<Record<string, Rarity>>;
  readonly narrative: Narrative;
  /** Against the version before; empty in the first one. */
  readonly diff: readonly Change[];
}
