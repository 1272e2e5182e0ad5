/**
 * One thing that a facet rests on. A facet needs every one of its grounds; of the kinds of items within one ground, any
 * will do.
 */
export type Ground =
  | {
      readonly what: 'items';
      /** Whose items; null for those of all platforms that may be counted together. */
      readonly platform: string | null;
      /** Null for acts of any kind. */
      readonly kinds: readonly string[] | null;
    }
  /** The local calendar of the person. */
  | { readonly what: 'zone' }
  /** The table of themes, with the sensitive ones where the person asked for them. */
  | { readonly what: 'themes' };
