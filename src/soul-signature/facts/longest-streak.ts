import { isoDay } from '../statistics/statistics.js';
import { elsewhereNote, factEvidence, type FactBuilder } from './fact.js';

/** The longest run of UTC days with a play, where archives tell of all days. */
export const longestStreak: FactBuilder = ({ listening }) =>
  listening.map(({ platform, kind, streak: { dayFrom, dayTo, plays }, elsewhere }) => ({
    key: `longest_streak@${platform}`,
    platform,
    title: 'Longest streak of days with music',
    kind: 'count',
    source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: plays },
    note: `From ${isoDay(dayFrom)} to ${isoDay(dayTo)}. Days begin and end in UTC.${elsewhereNote({ elsewhere })}`,
    evidence: factEvidence(platform, [kind], plays, [], { timeMeaning: 'user_act', dayFrom, dayTo }),
    value: dayTo - dayFrom + 1,
    unit: 'days',
  }));
