import { createHash } from 'node:crypto';

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
  /** The newest acts, `platform/kind/externalId`. */
  readonly sample: readonly string[];
}

/** Quarter hours (0 to 95, UTC) with any act, for each UTC day that has one. Every zone's offset is a multiple of 15 min. */
export interface PlatformActivity {
  readonly platform: string;
  readonly days: readonly (readonly [day: number, quarters: readonly number[]])[];
}

/** Days on which one key was seen, in all and by jackknife group. Only the ten strongest carry label and sample. */
export interface KeyDays {
  readonly key: string;
  readonly days: number;
  readonly groups: readonly number[];
  readonly label: string | null;
  readonly sample: readonly string[];
}

/** Key-days of one kind: (key, UTC day) counted once, so duplicates, binges and re-imports cannot matter. */
export interface KeyDayStatistics {
  readonly platform: string;
  readonly kind: string;
  readonly keyStartsWith: string;
  readonly items: number;
  readonly days: number;
  readonly dayFrom: number;
  readonly dayTo: number;
  /** Most days first, then key. */
  readonly keys: readonly KeyDays[];
}

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
    /** Null where the platform does not tell genres. */
    readonly genres: readonly string[] | null;
  }[];
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
  /** Quarter hours with a commit: its local days follow from these once a zone is known. */
  readonly activity: PlatformActivity['days'];
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
  readonly kinds: readonly KindStatistics[];
  readonly activity: readonly PlatformActivity[];
  readonly keyDays: readonly KeyDayStatistics[];
  readonly topLists: readonly TopListStatistics[];
  readonly saves: readonly SaveStatistics[];
  readonly fields: readonly FieldStatistics[];
  readonly commits: readonly CommitStatistics[];
  readonly owned: readonly OwnedRepositories[];
}

/** Sorts by Unicode code unit: the same order on every machine, unlike a locale's. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** JSON with sorted object keys: equal values give equal bytes. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => byText(a, b)))
      : part,
  );
}

/** Names the input of a signature: the same statistics, the same digest. */
export function statsDigest(statistics: Statistics): string {
  return `sha256:${createHash('sha256').update(canonicalJson(statistics)).digest('hex')}`;
}

/** UTC date of a day number. */
export function isoDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
