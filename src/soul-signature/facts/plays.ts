import { truncationsOf } from '../facets/truncations.js';
import { isoDay, type Statistics } from '../statistics/statistics.js';
import { factEvidence, type FactBuilder } from './fact.js';

/** How many plays we have seen since when: the size of what every statement about listening rests on. */
export const playsSeen: FactBuilder = (statistics) =>
  statistics.kinds
    .filter(({ kind, acts }) => kind === 'play' && acts > 0)
    .map(({ platform, kind, acts, actDays, dayFrom, dayTo, sample }) => ({
      key: `plays_seen@${platform}`,
      platform,
      title: dayFrom === null ? 'Plays seen' : `Plays seen since ${isoDay(dayFrom)}`,
      kind: 'count',
      source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: acts },
      ...truncationNote(statistics, platform, kind),
      evidence: factEvidence(
        platform,
        [kind],
        acts,
        [{ key: `${platform}.${kind}`, label: null, days: actDays, items: sample }],
        { timeMeaning: 'user_act', dayFrom, dayTo },
      ),
      value: acts,
      unit: 'plays',
    }));

function truncationNote(statistics: Statistics, platform: string, kind: string): { readonly note?: string } {
  const truncation = truncationsOf(statistics, platform).find((entry) => entry.kind === kind);
  return truncation ? { note: `${truncation.reason} We see more of them the longer you stay connected.` } : {};
}
