import { actsOf, actWindow, elsewhereNote, factEvidence, type FactBuilder } from './fact.js';

const MINUTE_MS = 60_000;

/** How long the person listened in each UTC year, where archives tell how long their plays took. */
export const minutesByYear: FactBuilder = (statistics) =>
  statistics.listening
    .filter(({ years }) => years.length > 0)
    .map(({ platform, kind, plays, years, elsewhere }) => {
      const timed = years.reduce((sum, year) => sum + year.timed, 0);
      const rest = plays - timed;
      return {
        key: `minutes_by_year@${platform}`,
        platform,
        title: 'Minutes listened by year',
        kind: 'series',
        source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: timed },
        note: `Of plays of music whose length is known${rest > 0 ? `; of ${rest} others it is not` : ''}. Years begin and end in UTC.${elsewhereNote({ elsewhere })}`,
        evidence: factEvidence(
          platform,
          [kind],
          actsOf(statistics, platform, [kind]),
          [],
          actWindow(statistics, platform, [kind]),
        ),
        unit: 'minutes',
        points: years.map(({ year, ms }) => ({ label: String(year), value: Math.round(ms / MINUTE_MS) })),
      };
    });
