import { UTC_DAY, type Query, type ReadScope } from './read-query.js';
import { byText, type Correspondence, type KindStatistics, type MeetingSeries } from './statistics.js';

/** Fewer people than this besides oneself make no meeting: attendees, rooms left out, the person included. */
const MEETING = 2;
/** Fewer messages than this are no correspondence. */
const MESSAGES = 3;

/**
 * Meetings by series. An event's key is its series (`series:…`, its own id where it does not recur); its payload has
 * `attendees` (people, no rooms), `organised` (by the person) and `declined`. One event of a series stands for all.
 */
export async function readMeetings(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<MeetingSeries[]> {
  const rows: MeetingSeries[] = [];
  for (const { platform, kind } of kinds.filter((entry) => entry.kind === 'event' && entry.platform !== 'github')) {
    const [row] = await query<{ series: number; organised: number }>(
      `SELECT count(*)::int AS series, (count(*) FILTER (WHERE organised))::int AS organised
       FROM (SELECT key, bool_or(payload @> '{"organised":true}') AS organised FROM items
             WHERE user_id = $1 AND platform = $2 AND kind = $3 AND starts_with(key, 'series:')
               AND (payload->>'attendees')::float8 >= ${MEETING} AND NOT payload @> '{"declined":true}'
             GROUP BY key) series`,
      [scope.userId, platform, kind],
    );
    const window = await readWindow(query, scope.userId, platform, kind, 'series:');
    if (row && window) rows.push({ platform, kind, ...window, ...row });
  }
  return rows.sort((a, b) => byText(a.platform, b.platform));
}

/**
 * Messages by correspondent. A message's key is a keyed hash of the address (`correspondent:…`), so nobody is named here;
 * its payload has `sent` (by the person) and `automated` (lists, robots), which counts as nobody.
 */
export async function readCorrespondence(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<Correspondence[]> {
  const found: Correspondence[] = [];
  for (const { platform, kind } of kinds.filter((entry) => entry.kind === 'message')) {
    const rows = await query<{ sent: number; received: number }>(
      `SELECT (count(*) FILTER (WHERE payload @> '{"sent":true}'))::int AS sent,
              (count(*) FILTER (WHERE NOT payload @> '{"sent":true}'))::int AS received
       FROM items WHERE user_id = $1 AND platform = $2 AND kind = $3 AND starts_with(key, 'correspondent:')
         AND NOT payload @> '{"automated":true}'
       GROUP BY key HAVING count(*) >= ${MESSAGES} ORDER BY key COLLATE "C"`,
      [scope.userId, platform, kind],
    );
    const people = rows.map(({ sent, received }) => [sent, received] as const);
    const window = await readWindow(query, scope.userId, platform, kind, 'correspondent:');
    if (window) found.push({ platform, kind, ...window, people });
  }
  return found;
}

/** How many keyed items of a kind there are, and their days; undefined without any date. */
async function readWindow(query: Query, userId: string, platform: string, kind: string, keyStartsWith: string) {
  const [row] = await query<{ items: number; dayFrom: number | null; dayTo: number | null; days: number }>(
    `SELECT count(*)::int AS items, min(day) AS "dayFrom", max(day) AS "dayTo", count(DISTINCT day)::int AS days
     FROM (SELECT ${UTC_DAY} AS day FROM items
           WHERE user_id = $1 AND platform = $2 AND kind = $3 AND starts_with(key, $4)) keyed`,
    [userId, platform, kind, keyStartsWith],
  );
  if (!row || row.dayFrom === null || row.dayTo === null) return undefined;
  return { items: row.items, days: row.days, dayFrom: row.dayFrom, dayTo: row.dayTo };
}
