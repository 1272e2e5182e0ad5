import { isoDay } from '../statistics/statistics.js';
import { elsewhereNote, factEvidence, type FactBuilder } from './fact.js';

/** The UTC day with most plays, where archives tell of all days. */
export const mostPlayedDay: FactBuilder = ({ listening }) =>
  listening.map(({ platform, kind, mostPlayed: { day, plays, sample }, elsewhere }) => ({
    key: `most_played_day@${platform}`,
    platform,
    title: 'The day with most plays',
    kind: 'date',
    source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: plays },
    note: `Days begin and end in UTC.${elsewhereNote({ elsewhere })}`,
    evidence: factEvidence(platform, [kind], plays, [{ key: isoDay(day), label: null, days: null, items: sample }], {
      timeMeaning: 'user_act',
      dayFrom: day,
      dayTo: day,
    }),
    at: `${isoDay(day)}T00:00:00.000Z`,
    label: plays === 1 ? '1 play' : `${plays} plays`,
    items: sample,
  }));
