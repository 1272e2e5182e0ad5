import type { JsonObject, TimeMeaning } from '../../platforms/platform.js';

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
