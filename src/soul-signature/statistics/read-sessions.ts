import { IS_ACT, OWN_ITEMS, scopeParameters, type Query, type ReadScope } from './read-query.js';
import { GROUPS, type KindStatistics, type SessionGaps } from './statistics.js';

/** A pause longer than this ends a session, in seconds. */
const SESSION_PAUSE = 30 * 60;

/** Kinds of acts whose rhythm is measured to the second. */
const TIMED = [{ platform: 'github', kind: 'commit' }] as const;

/** Idle times between sessions, summed in SQL: counts, sums and squares are exact there. */
export async function readSessions(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<SessionGaps[]> {
  const found: SessionGaps[] = [];
  for (const { platform, kind } of TIMED) {
    const known = kinds.find((entry) => entry.platform === platform && entry.kind === kind);
    if (!known || known.dayFrom === null || known.dayTo === null) continue;
    const rows = await query<{ g: number; count: number; sum: number; squares: number }>(
      `SELECT (at / 86400)::int % ${GROUPS} AS g, count(*)::int AS count, sum(pause)::float8 AS sum,
              sum(pause::numeric * pause)::float8 AS squares
       FROM (SELECT at, at - lag(at) OVER (ORDER BY at) AS pause
             FROM (SELECT floor(date_part('epoch', occurred_at))::bigint AS at FROM items
                   WHERE ${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = $6) acts) pauses
       WHERE pause > ${SESSION_PAUSE} GROUP BY 1`,
      [...scopeParameters(scope), platform, kind],
    );
    found.push({
      platform,
      kind,
      items: known.acts,
      dayFrom: known.dayFrom,
      dayTo: known.dayTo,
      days: known.actDays,
      groups: Array.from({ length: GROUPS }, (_, g) => {
        const { count, sum, squares } = rows.find((row) => row.g === g) ?? { count: 0, sum: 0, squares: 0 };
        return { count, sum, squares };
      }),
    });
  }
  return found;
}
