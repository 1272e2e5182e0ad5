/** What providers keep only in part. Days without items of these kinds may be days we could not see. */
const TRUNCATIONS: readonly { readonly platform: string; readonly kind: string; readonly reason: string }[] = [
  {
    platform: 'spotify',
    kind: 'play',
    reason: 'Spotify keeps only about the last 50 plays; earlier ones were not there to read.',
  },
  {
    platform: 'github',
    kind: 'event',
    reason: 'GitHub keeps events for 30 days, and at most 300 of them; commits, issues and stars reach further back.',
  },
];

export function truncationsOf(platform: string): readonly { readonly kind: string; readonly reason: string }[] {
  return TRUNCATIONS.filter((entry) => entry.platform === platform).map(({ kind, reason }) => ({ kind, reason }));
}

/** Whether the provider hands out only a part of this kind. */
export function isTruncated(platform: string, kind: string): boolean {
  return TRUNCATIONS.some((entry) => entry.platform === platform && entry.kind === kind);
}
