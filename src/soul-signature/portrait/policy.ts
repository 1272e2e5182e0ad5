import type { Facet, Facets } from '../document/facet.js';
import { FACETS } from '../facets/facets.js';
import { claimsOf, restsOnAny, unknown } from '../facets/facet.js';
import type { Statistics } from '../statistics/statistics.js';

/** Of each statistic, whether estimates are kept from it where a policy leaves facts only. */
const WITHHELD: Readonly<Record<Exclude<keyof Statistics, 'schema'>, boolean>> = {
  connected: true,
  tellings: false, // Only who told what.
  gaps: false, // Only what was not seen.
  kinds: true,
  activity: true,
  keyDays: true,
  topLists: false,
  saves: false,
  releases: false,
  follows: false,
  listening: false,
  fields: false,
  commits: true,
  owned: false,
  artists: true,
  sessions: true,
  sources: true,
  words: true,
  meetings: true,
  correspondence: true,
};

/** The statistics that estimates may be drawn from: those of platforms whose owner allows more than facts. */
export function estimable(statistics: Statistics, factsOnly: readonly string[]): Statistics {
  if (factsOnly.length === 0) return statistics;
  const { schema, ...lists } = statistics;
  const allowed = Object.entries(lists).map(([name, entries]: [string, readonly Entry[]]) => [
    name,
    WITHHELD[name as keyof typeof lists] ? entries.filter((entry) => !factsOnly.includes(platformOf(entry))) : entries,
  ]);
  // Each list keeps its name and is only shortened.
  return { schema, ...Object.fromEntries(allowed) } as Statistics;
}

/** An entry of a statistic; of the connected platforms the names alone. */
type Entry = string | { readonly platform: string };

function platformOf(entry: Entry): string {
  return typeof entry === 'string' ? entry : entry.platform;
}

/** Gives every estimate that a policy withholds the policy as its reason. */
export function withPolicy(
  facets: Facets,
  { connected }: Statistics,
  factsOnly: readonly string[],
): Record<string, Facet> {
  const withheld = connected.filter((platform) => factsOnly.includes(platform));
  if (withheld.length === 0) return { ...facets };
  const built = Object.entries(facets).map(([key, facet]): [string, Facet] => {
    const missing = facet.status === 'unknown' && facet.reason === 'not_connected';
    const { explain, restsOn = [] } = facet;
    const forbidden = missing && restsOnAny(restsOn, withheld);
    return [key, forbidden ? { ...unknown('policy'), ...(explain && { explain }), restsOn } : facet];
  });
  const each = FACETS.flatMap((facet) =>
    claimsOf(facet, withheld)
      .filter(({ platform }) => platform !== null)
      .map(({ key, restsOn }): [string, Facet] => [key, { ...unknown('policy'), explain: facet.explain, restsOn }]),
  );
  return Object.fromEntries([...built, ...each]);
}
