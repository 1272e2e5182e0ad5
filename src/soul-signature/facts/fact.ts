import { platformTitle } from '../../platforms/platform-titles.js';
import { evidence } from '../facets/evidence.js';
import type { ListeningStatistics, Statistics } from '../statistics/statistics.js';
import type { Evidence, EvidenceTop, Predicate } from '../document/evidence.js';
import type { Fact } from '../document/fact.js';

/** Takes its facts from the statistics; an empty list where there are none. */
export type FactBuilder = (statistics: Statistics) => readonly Fact[];

/** Label of sources where the platform gives an order and we add nothing. */
export function rankedBy(platform: string): string {
  return `as ${platformTitle(platform)} ranks them`;
}

/** Says where plays count that the platform tells too; nothing if there are none. */
export function elsewhereNote({ elsewhere }: Pick<ListeningStatistics, 'elsewhere'>): string {
  const told = elsewhere.map(
    ({ platform, plays }) =>
      ` ${plays} more count as plays of ${platformTitle(platform)}, which tells them more exactly.`,
  );
  return told.join('');
}

/** Items of these kinds of a platform that we hold, dated or not. */
export function itemsOf(statistics: Statistics, platform: string, kinds: readonly string[]): number {
  return statistics.kinds
    .filter((entry) => entry.platform === platform && kinds.includes(entry.kind))
    .reduce((sum, entry) => sum + entry.items, 0);
}

/** Those of them that the person did at a known time. */
export function actsOf(statistics: Statistics, platform: string, kinds: readonly string[]): number {
  return statistics.kinds
    .filter((entry) => entry.platform === platform && kinds.includes(entry.kind))
    .reduce((sum, entry) => sum + entry.acts, 0);
}

/** First and last UTC day of these acts. */
export function actWindow(
  statistics: Statistics,
  platform: string,
  kinds: readonly string[],
): Pick<Predicate, 'dayFrom' | 'dayTo' | 'timeMeaning'> {
  const dated = statistics.kinds.filter((entry) => entry.platform === platform && kinds.includes(entry.kind));
  const days = dated.flatMap(({ dayFrom, dayTo }) => (dayFrom === null || dayTo === null ? [] : [dayFrom, dayTo]));
  if (days.length === 0) return { dayFrom: null, dayTo: null, timeMeaning: 'user_act' };
  return { dayFrom: Math.min(...days), dayTo: Math.max(...days), timeMeaning: 'user_act' };
}

/** Evidence of a fact about all items of some kinds of one platform, narrowed by `rest`. */
export function factEvidence(
  platform: string,
  kinds: readonly string[],
  count: number,
  top: readonly EvidenceTop[] = [],
  rest: Partial<Predicate> = {},
): Evidence {
  const predicate: Predicate = {
    platforms: [platform],
    kinds: [...kinds].sort(),
    dayFrom: null,
    dayTo: null,
    timeMeaning: null,
    ...rest,
  };
  return evidence(
    predicate,
    kinds.map((kind) => `${platform}.${kind}`),
    count,
    top,
  );
}
