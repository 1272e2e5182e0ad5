import type { ExtractedItem, JsonObject } from '../platforms/platform.js';

/** The beginning of a file, by which a format recognises its own. Names are not looked at: they are localised and change. */
export interface Beginning {
  /** The first 64 KiB as text, without a byte order mark. */
  readonly text: string;
  /** Whether that is the whole file. */
  readonly whole: boolean;
}

/** What a format is told besides the text of a file. */
export interface ReadingContext {
  /** The file's name or its path within the archive; a hint. */
  readonly name: string;
  /** Whose rows are read, where a file has those of several profiles. */
  readonly profile?: string | undefined;
  /** When the archive was received: nothing in it can have happened later. Without it the future is not judged. */
  readonly receivedAt?: Date | undefined;
}

/** Why a row is left out on purpose. */
type SkipReason =
  | 'INCOGNITO'
  | 'AUDIOBOOK'
  | 'VIDEO'
  | 'LOCAL_FILE'
  | 'NOTHING_PLAYED'
  | 'ADVERTISEMENT'
  | 'REMOVED'
  | 'OTHER_PROFILE'
  | 'HIDDEN'
  | 'NOT_WATCHED'
  | 'NO_DATE'
  | 'OTHER_ACTIVITY'
  | 'OTHER_LIST';

/** Why a row could not be read. */
export type UnreadReason = 'BAD_ROW' | 'BAD_TIME' | 'ROW_TOO_LONG' | 'ROW_TOO_DEEP' | 'CUT_SHORT';

/** What one row of a file came to: exactly one of these. */
export type RowOutcome = RowFields &
  ({ readonly item: ExtractedItem } | { readonly skipped: SkipReason } | { readonly unread: UnreadReason });

interface RowFields {
  /** The name of the account that the row belongs to, where it says so. */
  readonly account?: string | undefined;
  /** Names of fields that this version does not know, and of those that it expects and that are missing. */
  readonly unknown?: readonly string[] | undefined;
  readonly missing?: readonly string[] | undefined;
}

/**
 * A format of archive files: how one is recognised, and one generator. It knows no queue, no database and no framework.
 * What it reads are items of its platform; it never asks the network about anything.
 */
export interface ArchiveFormat {
  /** Stable, lower case with dashes: `spotify-extended`. */
  readonly name: string;
  /** For people: "Spotify, extended streaming history". */
  readonly title: string;
  /** The platform of its items. */
  readonly platform: string;
  /** Kinds of items that it gives. */
  readonly gives: readonly string[];
  /** Whether an id has only the kind that was told last: a book stands on one shelf. */
  readonly oneKindEach?: boolean;
  detect(beginning: Beginning): boolean;
  /** Yields one outcome for each row, in the order of the file, and the same ones whenever it is asked. */
  read(text: AsyncIterable<string>, context: ReadingContext): AsyncGenerator<RowOutcome, void, undefined>;
  /** The profiles in a file of several people, in its order. */
  profiles?(text: AsyncIterable<string>): Promise<readonly string[]>;
}

/** A file that is recognised and of no use: the wrong export. It says which one to ask for. */
export interface RefusedFormat {
  readonly name: string;
  detect(beginning: Beginning): boolean;
  readonly refusal: { readonly code: string; readonly message: string };
}

/** A row as an object, or undefined for anything else. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A text without spaces around it, or null for an empty one and for anything else. */
export function textOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? null : text;
}

/** The name of an account, where a row says whose it is. Old accounts are named by an e-mail address, which is not passed on. */
export function accountName(value: unknown): string | undefined {
  const name = textOf(value);
  return name === null || name.includes('@') || name.length > 200 ? undefined : name;
}
