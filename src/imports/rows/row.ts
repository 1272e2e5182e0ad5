import type { UnreadReason } from '../format.js';

/** A row as it was parsed. `list` is the field of the outermost object in whose array it was. */
export type Row<Value = unknown> =
  { readonly value: Value; readonly list?: string | undefined } | { readonly unread: UnreadReason };

/** A record of a CSV file. */
export interface CsvRecord {
  readonly header: readonly string[];
  readonly cells: readonly string[];
}

/** The longest row, in characters, and how deeply it may be nested. */
export const LONGEST_ROW = 65_536;
export const MOST_LEVELS = 8;

/** How many characters are read in search of a row's end, where that cannot be done without keeping them. */
export const MOST_SEARCHED = 1_048_576;

export const BAD_ROW = { unread: 'BAD_ROW' } as const;
export const CUT_SHORT = { unread: 'CUT_SHORT' } as const;
export const TOO_LONG = { unread: 'ROW_TOO_LONG' } as const;
export const TOO_DEEP = { unread: 'ROW_TOO_DEEP' } as const;
