import type { DailyRhythm } from '../local-day.js';
import type { StandInPersona } from '../stand-in.js';
import type { CatalogueLanguage } from './catalogue.js';

/** A repository somebody works in, and how. Days are `YYYY-MM-DD` in the persona's home zone. */
export interface Project {
  readonly name: string;
  readonly description: string | null;
  /** Owning organisation, or another person's login (the persona is a collaborator then); null is the persona. */
  readonly owner: { readonly organisation: string } | { readonly person: number } | null;
  /** Shares of the code; empty for prose, which GitHub counts as no language. */
  readonly languages: Readonly<Record<string, number>>;
  readonly topics: readonly string[];
  /** The day it was made, or forked. */
  readonly from: string;
  /** The last day of own work. */
  readonly until?: string;
  /** Chance of own work on a day on which the persona codes at all; 0 for a repository without own commits. */
  readonly work: number;
  /** Own commits on a day of work. */
  readonly commits: readonly [number, number];
  /** Other people who commit here, by their numbers, and how many commits they make on a day. */
  readonly others?: { readonly people: readonly number[]; readonly perDay: readonly [number, number] };
  /** Others committed in the sixty days before `from`, and no more since: what a fork brings along. */
  readonly fork?: true;
  /** Seen only with a token that covers private repositories. */
  readonly private?: true;
  /** Had another name before this day. */
  readonly renamed?: { readonly on: string; readonly before: string };
}

/** How often things happen, as chances per day. */
interface Habits {
  /** Days on which anything is committed. */
  readonly code: { readonly weekday: number; readonly weekend: number };
  readonly star: number;
  /** Issues and pull requests in other people's repositories. */
  readonly contribute: { readonly weekday: number; readonly weekend: number };
  readonly pullRequestShare: number;
  readonly gist: number;
}

/** An invented person with an account. */
export interface Persona extends StandInPersona, DailyRhythm {
  readonly login: string;
  readonly location: string;
  readonly bio: string | null;
  /** First day of the account. */
  readonly since: string;
  /** Hours of issues, pull requests and stars where they differ from those of commits. */
  readonly reading?: DailyRhythm['hours'];
  readonly habits: Habits;
  /** Languages of starred repositories and of those contributed to, the favourites first. */
  readonly interests: readonly CatalogueLanguage[];
  readonly organisations: readonly string[];
  readonly following: number;
  readonly followers: number;
  readonly gistLanguage: { readonly name: string; readonly extension: string };
  readonly projects: readonly Project[];
  /** Stars given on the first day, whatever the habits. */
  readonly firstStars?: number;
}
