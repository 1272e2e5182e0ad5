import type { JsonObject } from '../../platforms/platform.js';

/** How many unknown names of a row are told, and how much of each: a hostile row has any number of any length. */
const MOST_NAMES = 20;
const MOST_CHARACTERS = 60;

/** The fields of a format's rows. */
export interface KnownFields {
  /** Those that every row has, if only as null. */
  readonly expected: readonly string[];
  /** Those that some rows have, and those that are left out on purpose. */
  readonly others: readonly string[];
}

/** Which fields of a row are new, and which are gone: by them a changed export is noticed. */
export interface FieldChanges {
  readonly unknown?: readonly string[];
  readonly missing?: readonly string[];
}

/** Compares rows with the fields that are known. */
export function fieldComparer({ expected, others }: KnownFields): (row: JsonObject) => FieldChanges {
  const known = new Set([...expected, ...others]);
  return (row) => {
    const unknown = Object.keys(row).filter((name) => !known.has(name));
    const missing = expected.filter((name) => !Object.hasOwn(row, name));
    return {
      ...(unknown.length === 0
        ? {}
        : { unknown: unknown.slice(0, MOST_NAMES).map((name) => name.slice(0, MOST_CHARACTERS)) }),
      ...(missing.length === 0 ? {} : { missing }),
    };
  };
}
