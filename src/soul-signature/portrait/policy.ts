import type { Facet } from '../signature.js';
import { FACETS } from '../facets/facets.js';
import { unknown } from '../facets/facet.js';
import type { Statistics } from '../facets/statistics.js';
import { platformOf } from './diff.js';

/** The statistics that estimates may be drawn from: those of platforms whose owner allows more than facts. */
export function estimable(statistics: Statistics, factsOnly: readonly string[]): Statistics {
  if (factsOnly.length === 0) return statistics;
  const allowed = <T extends { readonly platform: string }>(entries: readonly T[]) =>
    entries.filter(({ platform }) => !factsOnly.includes(platform));
  return {
    ...statistics,
    connected: statistics.connected.filter((platform) => !factsOnly.includes(platform)),
    kinds: allowed(statistics.kinds),
    activity: allowed(statistics.activity),
    keyDays: allowed(statistics.keyDays),
    artists: allowed(statistics.artists),
    commits: allowed(statistics.commits),
    sessions: allowed(statistics.sessions),
    sources: allowed(statistics.sources),
    words: allowed(statistics.words),
    meetings: allowed(statistics.meetings),
    correspondence: allowed(statistics.correspondence),
  };
}

/** Says of every estimate that is missing because of a policy that it is missing because of a policy. */
export function withPolicy(
  facets: Readonly<Record<string, Facet>>,
  { connected }: Statistics,
  factsOnly: readonly string[],
): Record<string, Facet> {
  const silent = connected.filter((platform) => factsOnly.includes(platform));
  if (silent.length === 0) return { ...facets };
  const said = Object.entries(facets).map(([key, facet]): [string, Facet] => {
    const platform = platformOf(key);
    const policy = platform === undefined || silent.includes(platform);
    const missing = facet.status === 'unknown' && facet.reason === 'not_connected';
    return [key, policy && missing ? { ...unknown('policy'), ...explained(facet) } : facet];
  });
  const each = FACETS.filter(({ perPlatform }) => perPlatform).flatMap(({ name, explain }) =>
    silent.map((platform): [string, Facet] => [`${name}@${platform}`, { ...unknown('policy'), explain }]),
  );
  return Object.fromEntries([...said, ...each]);
}

function explained({ explain }: Facet): Pick<Facet, 'explain'> {
  return explain ? { explain } : {};
}
