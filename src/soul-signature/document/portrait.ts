import type { Shortfall } from './facet.js';

/** What the person's hours are like. */
export type Adjective = 'Night' | 'Daylight' | 'Mixed-hours' | 'Anytime';
/** What stands out most of what they do. */
export type Noun = 'Maker' | 'Convener' | 'Explorer' | 'Devotee' | 'Wanderer' | 'All-rounder';

/** A name that has cleared its boundary, and since when. */
interface Waiting<T> {
  readonly value: T;
  readonly since: string;
}

/** The person's name by the published tables, with the numbers that decided it. */
export interface KnownArchetype {
  readonly status: 'known';
  /** `Night Explorer`; without an adjective where nothing is known of the hours. */
  readonly name: string;
  readonly adjective: Adjective | null;
  readonly noun: Noun;
  /** The version that first bore this name. */
  readonly since: number;
  readonly rule: string;
  /** How far each known noun lies beyond its cut, in smallest differences worth mentioning. */
  readonly margins: Readonly<Record<string, number>>;
  readonly sentence: string;
  /** Keys of the facets that decided. */
  readonly claims: readonly string[];
  /** What would take the name's place if it still stands after seven days. */
  readonly challenger: { readonly noun?: Waiting<Noun>; readonly adjective?: Waiting<Adjective | null> } | null;
}

/** The name, or why there is none. */
export type Archetype = KnownArchetype | Shortfall;

/** Where the person stands among the others of this deployment who agreed to be counted. */
export type Percentile =
  | {
      readonly status: 'known';
      /** To five points. */
      readonly percentile: number;
      readonly interval: readonly [number, number];
      /** How many others, rounded down to tens. */
      readonly others: number;
    }
  | Shortfall;

/** How many others show a theme: about so many in ten, or only that fewer than one in so many do; never a count of them. */
export type Rarity =
  | {
      readonly status: 'known';
      readonly kind: 'about';
      readonly tenths: number;
      readonly text: string;
      readonly others: number;
    }
  | {
      readonly status: 'known';
      readonly kind: 'fewer_than';
      readonly oneIn: number;
      readonly text: string;
      /** How many others, rounded down to tens. */
      readonly others: number;
    }
  | Shortfall;

/** Why two versions differ. Only the first two are about the person's data. */
export type ChangeCause = 'new_data' | 'data_removed' | 'method' | 'zone' | 'connection';

/** One claim in which two versions differ. */
export interface Change {
  readonly claim: string;
  readonly kind: 'appeared' | 'disappeared' | 'changed' | 'archetype' | 'unknown_reason';
  readonly before: number | string | null;
  readonly after: number | string | null;
  /** How many standard errors a number moved. */
  readonly z: number | null;
  readonly cause: ChangeCause;
}

export interface NarrativeSentence {
  readonly kind: 'statement' | 'invitation';
  readonly text: string;
  /** Keys of the facets it rests on. */
  readonly claims: readonly string[];
}

/** The signature in sentences. */
export interface Narrative {
  /** Who wrote: `rules`, or the name of a language model. */
  readonly writer: string;
  readonly sentences: readonly NarrativeSentence[];
  /** The sentences as one text by a language model; null without one. */
  readonly text: string | null;
}
