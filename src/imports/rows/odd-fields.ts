/** How many unknown fields of a row are named, and how much of each name: an export may be hostile. */
const MOST_NAMES = 20;
const MOST_CHARACTERS = 100;

/** The names of a row's fields of which the receipt speaks: those that are not known, and known ones that are not there. */
export interface OddFields {
  readonly unknown?: readonly string[];
  readonly missing?: readonly string[];
}

export function oddFields(unknown: readonly string[], missing: readonly string[]): OddFields {
  return {
    ...(unknown.length > 0 && {
      unknown: unknown.slice(0, MOST_NAMES).map((name) => name.slice(0, MOST_CHARACTERS)),
    }),
    ...(missing.length > 0 && { missing }),
  };
}
