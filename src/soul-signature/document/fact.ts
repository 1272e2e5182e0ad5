import type { Evidence } from './evidence.js';
import type { UnknownReason } from './facet.js';

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
  /** When it was, ISO 8601, UTC: the first play. */
  readonly at?: string;
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
