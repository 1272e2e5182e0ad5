import { createHash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';
import type { Gaps } from '../estimators/burstiness.js';

/** Number of delete-a-group jackknife groups; a day belongs to group `utcDay mod 20`. */
export const GROUPS = 20;

/** Items of one kind. `acts` are those that time facets may use: done by the person, dated, not in the future. */
export interface KindStatistics {
  readonly platform: string;
  readonly kind: string;
  readonly items: number;
  readonly acts: number;
  readonly actDays: number;
  readonly dayFrom: number | null;
  readonly dayTo: number | null;
  /** Those of the acts, and of their days, that fall on days of which the provider had forgotten a part (`gaps`). */
  readonly gapActs: number;
  readonly gapDays: number;
  /** The newest acts, `platform/kind/externalId`. */
  readonly sample: readonly string[];
}

/** UTC days of which a provider had forgotten a part before we asked: nothing about a whole day may be concluded from them. */
export interface CoverageGap {
  readonly platform: string;
  readonly kind: string;
  readonly dayFrom: number;
  readonly dayTo: number;
}

/** What one source has told of a platform: the connection, or an archive that the person brought. */
export interface SourceTellings {
  readonly platform: string;
  /** Null for the connection. */
  readonly archive: {
    readonly importId: string;
    /** ISO 8601, UTC. */
    readonly importedAt: string;
    /** Those of its files that are of this platform, by name. */
    readonly formats: readonly { readonly name: string; readonly title: string }[];
  } | null;
  /** By name. */
  readonly kinds: readonly KindTellings[];
}

/** Tellings of one kind: an act that two sources tell is a telling of each. */
export interface KindTellings {
  readonly kind: string;
  readonly items: number;
  /** The first and the last act, ISO 8601, UTC; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
}

/** What archives tell of the listening on one platform; UTC days. */
export interface ListeningStatistics {
  readonly platform: string;
  readonly kind: string;
  readonly plays: number;
  /** Plays that the platform tells too, and that count where they are told more exactly; by platform. */
  readonly elsewhere: readonly { readonly platform: string; readonly plays: number }[];
  readonly dayFrom: number;
  readonly dayTo: number;
  /** How many plays there were of which it is known how long they took, and how long that was; no year without one. */
  readonly years: readonly { readonly year: number; readonly timed: number; readonly ms: number }[];
  /** The artists with most plays, then key; each with its first play. */
  readonly favourites: readonly {
    readonly key: string;
    readonly label: string;
    readonly plays: number;
    readonly first: DatedItem;
  }[];
  /** The longest run of days with a play, the earliest of equals. */
  readonly streak: { readonly dayFrom: number; readonly dayTo: number; readonly plays: number };
  /** The day with most plays, the earliest of equals. */
  readonly mostPlayed: { readonly day: number; readonly plays: number; readonly sample: readonly string[] };
}

/**
 * Quarter hours (0 to 95, UTC) with any act of a kind, for each UTC day that has one and no gap. Every zone's offset is a
 * multiple of 15 minutes, so a change of zone needs no new reading.
 */
export interface KindActivity {
  readonly platform: string;
  readonly kind: string;
  readonly days: readonly (readonly [day: number, quarters: readonly number[]])[];
}

/** Days on which one key was seen, in all and by jackknife group. Only the ten strongest carry label and sample. */
export interface KeyDays {
  readonly key: string;
  readonly days: number;
  readonly groups: readonly number[];
  /** Days in each of the latest twelve 28-day blocks, counted back from the kind's last day; block 0 is the latest. */
  readonly blocks: readonly number[];
  /** In how many of the whole blocks before the latest three it was seen. */
  readonly earlierBlocks: number;
  readonly label: string | null;
  readonly sample: readonly string[];
}

/** Length of a block of days: four weeks, so that every block holds each weekday equally often. */
export const BLOCK_DAYS = 28;

/** Blocks that count as "lately". */
export const RECENT_BLOCKS = 3;

/**
 * Key-days of one kind: (key, UTC day) counted once, so duplicates, binges and re-imports cannot matter. Days of a gap are
 * left out.
 */
export interface KeyDayStatistics {
  readonly platform: string;
  readonly kind: string;
  /** Of what: the artists of the plays, or their tracks. */
  readonly dimension: 'artist' | 'track';
  /** Counted are the items whose key begins so. */
  readonly keyStartsWith: string;
  readonly items: number;
  readonly days: number;
  /** Days that were left out because a part of them was not seen. */
  readonly gapDays: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  /** Most days first, then key; of tracks only the ten strongest. */
  readonly keys: readonly KeyDays[];
  /** Of tracks, of which there are many: how many have how many days, in all and with each group of days left out. */
  readonly sizes: { readonly all: Sizes; readonly without: readonly Sizes[] } | null;
}

/** How many keys have so many days, fewest days first. */
export type Sizes = readonly (readonly [days: number, keys: number])[];

/** The newest snapshot of one ranked list. */
export interface TopListStatistics {
  readonly platform: string;
  readonly kind: string;
  readonly range: string;
  readonly snapshotDay: string;
  readonly entries: readonly {
    readonly item: string;
    readonly key: string | null;
    readonly label: string;
    readonly rank: number;
    /** Null where the platform gives no genres. */
    readonly genres: readonly string[] | null;
    /** Year of release; null where the platform gives none. */
    readonly released: number | null;
  }[];
}

/** Saved tracks by the decade of their release. */
export interface ReleaseDecades {
  readonly platform: string;
  readonly kind: string;
  /** All of them, those without a date included. */
  readonly tracks: number;
  /** Earliest first; `decade` is its first year. */
  readonly decades: readonly { readonly decade: number; readonly tracks: number; readonly sample: readonly string[] }[];
}

/** Artists the person follows, and those of them that none of the platform's top lists has named while we looked. */
export interface FollowedArtists {
  readonly platform: string;
  readonly followed: number;
  readonly unranked: number;
  /** In the order of their names; at most twenty. */
  readonly artists: readonly { readonly key: string; readonly label: string; readonly item: string }[];
}

/** An item at its time: the first or latest of its kind. */
export interface DatedItem {
  readonly item: string;
  readonly label: string | null;
  readonly at: string;
}

/** First and latest of some acts, and how many there were in each UTC year that has one. */
export interface Timeline {
  readonly first: DatedItem;
  readonly latest: DatedItem;
  readonly byYear: readonly { readonly year: number; readonly count: number }[];
}

/** The person's library: what was saved when. */
export interface SaveStatistics extends Timeline {
  readonly platform: string;
  /** Saved tracks by artist, most first, then key; at most ten. */
  readonly artists: readonly {
    readonly key: string;
    readonly label: string;
    readonly count: number;
    readonly sample: readonly string[];
  }[];
}

/** Own commits to one repository. */
interface RepositoryDays {
  readonly key: string;
  /** `owner/name` as its newest commit has it. */
  readonly label: string | null;
  readonly commits: number;
  /** Distinct UTC days with one: its repo-days. */
  readonly days: number;
  readonly sample: readonly string[];
}

/** Repo-days of one language, in all and by jackknife group of their UTC day. */
export interface LanguageDays {
  readonly language: string;
  readonly repoDays: number;
  readonly groups: readonly number[];
  /** Distinct UTC days with one. */
  readonly days: number;
  readonly sample: readonly string[];
}

/** Own commits of one platform. A repo-day is a repository on a UTC day with one, of that repository's main language. */
export interface CommitStatistics extends Timeline {
  readonly platform: string;
  readonly kind: string;
  readonly keyStartsWith: string;
  readonly items: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  /** All repo-days, those without a language included. */
  readonly repoDays: number;
  /** Distinct UTC days with a repo-day that has a language. */
  readonly languageDays: number;
  /** Most repo-days first, then name. */
  readonly languages: readonly LanguageDays[];
  /** Most commits first, then key. */
  readonly repositories: readonly RepositoryDays[];
}

/** How a platform describes an artist that was played; null where it does not. */
export interface ArtistFields {
  readonly platform: string;
  readonly key: string;
  readonly genres: readonly string[] | null;
  /** 0 to 100. */
  readonly popularity: number | null;
}

/** Idle times between sessions of commits (more than 30 minutes), by jackknife group of the UTC day that ends them. */
export interface SessionGaps {
  readonly platform: string;
  readonly kind: string;
  readonly items: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  readonly days: number;
  /** In seconds. */
  readonly groups: readonly Gaps[];
}

/** Where interest shows: a channel, repository, artist, community; with its platform's tags of what it is about. */
export interface InterestSource {
  readonly key: string;
  /** Typed tags: `github:language:Rust`, `spotify:genre:jazz`, `youtube:topic:Music`, `reddit:sub:rust`. */
  readonly tags: readonly string[];
  /** UTC days of acts on it, ascending; empty where it is only in a snapshot. */
  readonly days: readonly number[];
  readonly sample: readonly string[];
}

/** The sources of one platform, in the order of their keys. */
export interface PlatformSources {
  readonly platform: string;
  readonly kinds: readonly string[];
  readonly items: number;
  readonly sources: readonly InterestSource[];
}

/** In how many titles of a platform a word stands, and on how many UTC days. */
export interface TitleWords {
  readonly platform: string;
  readonly kinds: readonly string[];
  readonly documents: number;
  /** Items of these kinds in the window, those without a title included. */
  readonly items: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  readonly days: number;
  /** Most documents first, then word; words of a single document are only counted in `tokens`. */
  readonly words: readonly { readonly word: string; readonly documents: number; readonly days: number }[];
  /** Sum of the documents of all words. */
  readonly tokens: number;
}

/** Meetings with others, one for each recurring series. */
export interface MeetingSeries {
  readonly platform: string;
  readonly kind: string;
  /** All keyed items of the kind, those that do not count included; the window is theirs. */
  readonly items: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  readonly days: number;
  readonly series: number;
  readonly organised: number;
}

/** Sent to and received from each correspondent with at least three messages, robots left out. */
export interface Correspondence {
  readonly platform: string;
  readonly kind: string;
  /** All keyed items of the kind, those that do not count included; the window is theirs. */
  readonly items: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  readonly days: number;
  /** In the order of their keys, which are hashes: nobody is named. */
  readonly people: readonly (readonly [sent: number, received: number])[];
}

/** The person's own repositories that are no forks, by main language. */
export interface OwnedRepositories {
  readonly platform: string;
  /** Most repositories first, then name; null is no language. */
  readonly languages: readonly {
    readonly language: string | null;
    readonly count: number;
    readonly sample: readonly string[];
  }[];
}

/** How many items carry an optional field. */
export interface FieldStatistics {
  readonly platform: string;
  readonly field: string;
  readonly have: number;
  readonly of: number;
}

/** Everything a signature is computed from: plain JSON, every list in a fixed order. */
export interface Statistics {
  readonly schema: 'statistics/1';
  readonly connected: readonly string[];
  /** Empty where nobody brought an archive: then the connection has told everything. */
  readonly tellings: readonly SourceTellings[];
  readonly gaps: readonly CoverageGap[];
  readonly kinds: readonly KindStatistics[];
  readonly activity: readonly KindActivity[];
  readonly keyDays: readonly KeyDayStatistics[];
  readonly topLists: readonly TopListStatistics[];
  readonly saves: readonly SaveStatistics[];
  readonly releases: readonly ReleaseDecades[];
  readonly follows: readonly FollowedArtists[];
  /** Of the platforms of whose plays an archive tells. */
  readonly listening: readonly ListeningStatistics[];
  readonly fields: readonly FieldStatistics[];
  readonly commits: readonly CommitStatistics[];
  readonly owned: readonly OwnedRepositories[];
  readonly artists: readonly ArtistFields[];
  readonly sessions: readonly SessionGaps[];
  readonly sources: readonly PlatformSources[];
  readonly words: readonly TitleWords[];
  readonly meetings: readonly MeetingSeries[];
  readonly correspondence: readonly Correspondence[];
}

/** Sorts by Unicode code unit: the same order on every machine, unlike a locale's. */
export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** JSON with sorted object keys: equal values give equal bytes. */
const canonicalJson = configure({ deterministic: true, circularValue: Error });

/** Names the input of a signature: the same statistics, the same digest. */
export function statsDigest(statistics: Statistics): string {
  return `sha256:${createHash('sha256').update(canonicalJson(statistics)).digest('hex')}`;
}

/** UTC date of a day number. */
export function isoDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
