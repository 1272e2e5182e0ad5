import type { Evidence } from './evidence.js';
import type { Ground } from './ground.js';

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

/** Why a claim is unknown. */
export type UnknownReason = ShortfallReason | StateReason;

/** How a claim comes about, for people who want to check it. */
export interface Explanation {
  readonly formula: string;
  /** Where the formula was published, or "count" where there is none to publish. */
  readonly source: string;
  /** What goes in. */
  readonly inputs: string;
}

/** How sure we are: score u/(u+h), h the half-width of the 90 % interval, u the smallest difference worth mentioning. */
export interface Confidence {
  readonly score: number;
  readonly level: 'high' | 'medium' | 'low';
  readonly u: number;
}

/** The window a claim is about. It is what we have, and never enters the confidence. */
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

/** What every claim carries; versions that an earlier program stored may lack it. */
interface Claim {
  readonly explain?: Explanation;
  /** What the claim rests on; a claim whose ground changes may change for that reason alone. */
  readonly restsOn?: readonly Ground[];
}

interface KnownBase extends Claim {
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
}

/** Why there is no estimate. */
export type UnknownFacet = Claim &
  (Shortfall | { readonly status: 'unknown'; readonly reason: StateReason }) & {
    /** Whether a platform that is connected, or can be, gives what it rests on. Found anew whenever it is shown. */
    readonly withinReach?: boolean;
  };

/** An estimate about the person, or why there is none. There is no default value. */
export type Facet = KnownFacet | UnknownFacet;

/** Facets by their keys: `taste.breadth`, `rhythms.peak@spotify`. */
export type Facets = Readonly<Record<string, Facet>>;
