import { isoDay } from '../statistics/statistics.js';
import { actsOf, actWindow, elsewhereNote, factEvidence, type FactBuilder } from './fact.js';

/** When each of the most played artists was heard for the first time, as far back as archives tell. */
export const firstPlays: FactBuilder = (statistics) =>
  statistics.listening
    .filter(({ favourites }) => favourites.length > 0)
    .map(({ platform, kind, dayFrom, favourites, elsewhere }) => {
      const count = actsOf(statistics, platform, [kind]);
      return {
        key: `first_plays@${platform}`,
        platform,
        title: 'When you first heard what you play most',
        kind: 'list',
        source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count },
        note: `The artists with most plays, and the first play of each since ${isoDay(dayFrom)}, where what we have begins. Dates are in UTC.${elsewhereNote({ elsewhere })}`,
        evidence: factEvidence(
          platform,
          [kind],
          count,
          favourites.map(({ key, label, first }) => ({ key, label, days: null, items: [first.item] })),
          actWindow(statistics, platform, [kind]),
        ),
        unit: 'plays',
        entries: favourites.map(({ key, label, plays, first }, index) => ({
          rank: index + 1,
          key,
          label,
          count: plays,
          at: first.at,
          items: [first.item],
        })),
      };
    });
