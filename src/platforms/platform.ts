import type { z } from 'zod';
import type { HttpAnswer } from './http-exchange.js';
import type { Listening } from './listening.js';
import type { PlatformClient } from './platform-client.js';
import type { Problem } from './problem.js';
import type { RefusalReason } from './refusal-reasons.js';
import type { Budget } from './request-budget.js';

/** A value that survives a trip through JSON unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * What an item's `occurredAt` means: `user_act` is when the person did something, `content` the age of what was touched,
 * `snapshot` a state seen when it was read. Only `user_act` feeds the time facets of the signature.
 */
export type TimeMeaning = 'user_act' | 'content' | 'snapshot';

/** One thing read from a platform. (user, platform, kind, externalId) identifies it, so reading it again changes nothing. */
export interface ExtractedItem {
  /** Its kind, stable within the platform: `play`, `saved-track`. */
  readonly kind: string;
  /** The provider's stable id, made unique within the kind (a play is track + time). */
  readonly externalId: string;
  /** The typed key under which the signature counts it (`artist:portishead`), or null where nothing is counted. */
  readonly key: string | null;
  readonly occurredAt: Date | null;
  readonly timeMeaning: TimeMeaning;
  /** Only what the product uses of the provider's answer. */
  readonly payload: JsonObject;
  /** For plays: by what other tellings of the same listening are found. */
  readonly listening?: Listening | undefined;
}

/** Something that could not be read. The person sees it instead of a zero without a reason. */
export interface ExtractionWarning {
  /** `SCOPE_MISSING`, `NOT_AVAILABLE`, `NOT_UNDERSTOOD`, `LIMIT_REACHED`, … */
  readonly code: string;
  readonly message: string;
  /** Why, and who can mend it. */
  readonly problem?: Problem;
}

/** One page of an extraction. Its items and its checkpoint are stored in one transaction. */
export interface ExtractionPage<Checkpoint extends JsonObject = JsonObject> {
  readonly items: readonly ExtractedItem[];
  /** Where to go on after a crash: extraction started with this checkpoint yields exactly the pages that follow. */
  readonly checkpoint: Checkpoint;
  /** Estimated share of the whole extraction that is done after this page, 0 to 1. */
  readonly done: number;
  /** What is being read, for people: "Saved tracks". */
  readonly step: string;
  readonly warnings?: readonly ExtractionWarning[];
  /** The list that the page is a part of, if it shows what holds now. */
  readonly listing?: Listing;
  /** By the name of a list, where later runs go on with it. Stored with the page, so that neither is without the other. */
  readonly cursors?: Readonly<Record<string, Json>>;
  /** Whether all earlier cursors are to be dropped: the account is another one, or items are made of more than before. */
  readonly forgetsCursors?: boolean;
}

/**
 * A list of what holds now, such as the saved tracks. Items that are no longer in it are gone, which is known only when
 * it was read from its begin to its end. Logs of what happened (plays, commits) are no listings: what a provider
 * forgets happened all the same.
 */
export interface Listing {
  /** The kind of its items. */
  readonly kind: string;
  /** The id of what the list belongs to, such as a playlist: the ids of its items begin with it and a colon. */
  readonly within?: string;
  /** Whether the page is the first one. */
  readonly begins: boolean;
  /** Whether the page is the last one, and nothing was left out. */
  readonly ends: boolean;
  /** The kind of the items inside its own ones: they are gone together. */
  readonly holds?: string;
}

/** OAuth 2.0 facts of a provider (RFC 6749); the addresses can be replaced by configuration. */
interface PlatformOAuth {
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** Where tokens are given back (RFC 7009); `{client_id}` stands for the client's. */
  readonly revokeUrl?: string;
  /** For a provider with another request for it. */
  readonly revokeBy?: 'github';
  /** Where a person sees which apps have access, and can end it. */
  readonly appsUrl: string;
  /** Months after the consent in which a grant ends, however often it is refreshed; none where it does not. */
  readonly grantMonths?: number;
  readonly scopes: readonly string[];
  /** How the client proves itself at the token endpoint (RFC 6749 section 2.3.1). */
  readonly clientAuthentication: 'basic' | 'body';
  /** Further parameters of the authorization request, e.g. Google's `access_type=offline`. */
  readonly authorizeParameters?: Readonly<Record<string, string>>;
}

/** A platform where people can make access tokens themselves. */
export interface PersonalTokenFacts {
  /** Of a token for the stand-in. */
  readonly sandboxPrefix: string;
  /** Asks the provider what a token may do: all its scopes, and those of them that can change something. */
  check(client: PlatformClient): Promise<{ readonly scopes: readonly string[]; readonly writes: readonly string[] }>;
}

/** What an extraction gets besides the client and its checkpoint. */
export interface ExtractionContext {
  /** When the job started; its day is that of lists without dates. */
  readonly now: Date;
  /** Whether the job is tried again if this run fails; false in its last attempt. */
  readonly willRetry?: boolean;
  /** `recent` reads only what the provider soon forgets, see `Polling`. */
  readonly scope: 'all' | 'recent';
  /** By the name of a list, where it was left by earlier runs and by the stored pages of this one. */
  readonly cursors: ReadonlyMap<string, Json>;
  /** A list of which only the new entries are read is read as a whole again after this time (ms). */
  readonly relistMs: number;
  /** By kind of item, how many entries are read of a list; the platform's own bound applies to kinds not named. */
  readonly bounds: Readonly<Record<string, number>>;
}

/** A list of which the provider keeps only the end, so that it has to be read more often than the rest. */
export interface Polling {
  /** The kind of its items. */
  readonly kind: string;
  /** How many entries the provider keeps. */
  readonly keeps: number;
  readonly everyMs: number;
}

/**
 * A platform: facts and one generator. It knows no queue, no database and no framework. Most platforms are lists: their
 * `extract` and what goes with it come from `readLists`.
 */
export interface Platform<Checkpoint extends JsonObject = JsonObject> {
  /** Lower case with dashes; the environment's `PLATFORM_<NAME>_*` is its upper case with underscores. */
  readonly name: string;
  readonly title: string;
  /** What is read, in words for the person who connects it. */
  readonly reads: readonly string[];
  /** Kinds of items that it gives. The signature invites to nothing that no platform gives. */
  readonly gives: readonly string[];
  readonly oauth: PlatformOAuth;
  /** Base of all API requests; the version belongs to the paths (`/v1/me`). */
  readonly apiUrl: string;
  /** Headers of all API requests, names in lower case: the media type, the version of the API. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Why the provider refuses, in words for the person; the first row that fits counts. */
  readonly refusals: readonly RefusalReason[];
  /**
   * For providers that limit requests in other ways than 429 with `Retry-After`: until when an unsuccessful answer
   * forbids further requests, or undefined if it is about something else and its status decides.
   */
  readonly rateLimitedUntil?: (answer: HttpAnswer, now: Date) => Date | undefined;
  /** The same for a successful answer that was the last one for now. */
  readonly usedUpUntil?: (headers: HttpAnswer['headers'], now: Date) => Date | undefined;
  /** Whom the provider's limit applies to: the whole app, or each person. */
  readonly limitedBy: 'app' | 'user';
  /** Requests of the whole app; not set where the provider counts by person only. */
  readonly budget?: Budget;
  /** Requests of one person. */
  readonly userBudget?: Budget;
  readonly polling?: Polling;
  /** By kind of item, how many entries are read of a list. */
  readonly bounds: Readonly<Record<string, number>>;
  /** By kind of item, after how many days it is deleted; others are kept for good. */
  readonly keepDays?: Readonly<Record<string, number>>;
  readonly personalToken?: PersonalTokenFacts;
  /** Checks a stored checkpoint before it is trusted. */
  readonly checkpointSchema: z.ZodType<Checkpoint>;
  /**
   * Yields the account's data page by page. A stored checkpoint resumes after the page it came with; without one it
   * starts at the beginning. Anything thrown besides a `PlatformError` counts as a fault of ours and is tried again.
   */
  extract(
    client: PlatformClient,
    checkpoint: Checkpoint | undefined,
    context: ExtractionContext,
  ): AsyncGenerator<ExtractionPage<Checkpoint>, void, undefined>;
}

/** Declares a platform. It changes nothing: the type of the checkpoint is inferred once and checked everywhere. */
export function definePlatform<Checkpoint extends JsonObject>(platform: Platform<Checkpoint>): Platform<Checkpoint> {
  return platform;
}
