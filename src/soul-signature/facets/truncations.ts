import { isoDay, type SourceTellings, type Statistics } from '../statistics/statistics.js';

/** What providers keep only in part. Days without items of these kinds may be days we could not see. */
const TRUNCATIONS: readonly {
  readonly platform: string;
  readonly kind: string;
  readonly keeps: string;
  readonly reason: string;
}[] = [
  {
    platform: 'spotify',
    kind: 'play',
    keeps: 'Spotify keeps only about the last 50 plays',
    reason: 'earlier ones were not there to read',
  },
  {
    platform: 'github',
    kind: 'event',
    keeps: 'GitHub keeps events for 30 days, and at most 300 of them',
    reason: 'commits, issues and stars reach further back',
  },
];

/** A kind of which the provider hands out only a part, and why. */
export interface Truncation {
  readonly kind: string;
  readonly reason: string;
}

/**
 * What was cut short of a platform's items, archives considered: where they tell every day on which the connection saw
 * something, nothing was.
 */
export function truncationsOf({ tellings }: Pick<Statistics, 'tellings'>, platform: string): readonly Truncation[] {
  const own = tellings.filter((one) => one.platform === platform);
  return TRUNCATIONS.filter((entry) => entry.platform === platform).flatMap(({ kind, keeps, reason }) => {
    const archives = own.filter(({ archive }) => archive !== null);
    const told = windowOf(archives, kind);
    if (!told) return [{ kind, reason: `${keeps}; ${reason}.` }];
    const seen = windowOf(
      own.filter(({ archive }) => archive === null),
      kind,
    );
    if (!seen || (seen.from >= told.from && seen.to <= told.to)) return [];
    return [
      {
        kind,
        reason: `${archives.length === 1 ? 'The archive reaches' : 'The archives reach'} from ${isoDay(told.from)} to ${isoDay(told.to)}. Of other days we have what the connection saw: ${keeps}.`,
      },
    ];
  });
}

/** Whether the provider hands out only a part of this kind, and no archive tells the rest. */
export function isTruncated(statistics: Pick<Statistics, 'tellings'>, platform: string, kind: string): boolean {
  return truncationsOf(statistics, platform).some((entry) => entry.kind === kind);
}

/** First and last UTC day of which these sources tell acts of a kind. */
function windowOf(sources: readonly SourceTellings[], kind: string): { from: number; to: number } | undefined {
  const told = sources.flatMap(({ kinds }) => kinds.filter((one) => one.kind === kind));
  const days = told.flatMap(({ from, to }) => (from === null || to === null ? [] : [dayOf(from), dayOf(to)]));
  return days.length === 0 ? undefined : { from: Math.min(...days), to: Math.max(...days) };
}

function dayOf(time: string): number {
  return Math.floor(Date.parse(time) / 86_400_000);
}
