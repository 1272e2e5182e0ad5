import type { Statistics } from '../statistics/statistics.js';
import type { Fact } from '../document/fact.js';
import { factEvidence, itemsOf } from './fact.js';

/** A kind of item of which the number alone means something. */
export interface CountedKind {
  readonly kind: string;
  /** The fact's key before `@`. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly note?: string;
}

/** How many items of each kind there are; kinds without any are left out. */
export function countFacts(statistics: Statistics, platform: string, counted: readonly CountedKind[]): Fact[] {
  return counted
    .map((entry) => ({ ...entry, value: itemsOf(statistics, platform, [entry.kind]) }))
    .filter(({ value }) => value > 0)
    .map(({ kind, name, title, unit, note, value }): Fact => {
      const kinds = [`${platform}.${kind}`];
      return {
        key: `${name}@${platform}`,
        platform,
        title,
        kind: 'count',
        source: { label: 'counted by us', kinds, count: value },
        ...(note === undefined ? {} : { note }),
        evidence: factEvidence(platform, [kind], value, newest(statistics, platform, kind)),
        value,
        unit,
      };
    });
}

/** The newest items of a kind as its evidence, where it has dates. */
function newest(statistics: Statistics, platform: string, kind: string): Fact['evidence']['top'] {
  const entry = statistics.kinds.find((one) => one.platform === platform && one.kind === kind);
  if (!entry || entry.sample.length === 0) return [];
  return [{ key: `${platform}.${kind}`, label: null, days: entry.actDays, items: entry.sample }];
}
