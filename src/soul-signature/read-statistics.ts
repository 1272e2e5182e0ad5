import { readCommits } from './facets/read-commits.js';
import { readKeyDays } from './facets/read-key-days.js';
import {
  IS_ACT,
  ITEM_ID,
  OWN_ITEMS,
  SAMPLE,
  scopeParameters,
  UTC_DAY,
  UTC_QUARTER,
  type Query,
  type ReadScope,
} from './facets/read-query.js';
import { byText, type KindStatistics, type PlatformActivity, type Statistics } from './facets/statistics.js';
import { readFields, readSaves, readTopLists } from './facts/read-facts.js';
import { readOwned } from './facts/read-owned.js';

/** What a reading is told besides whose it is. */
export interface ReadOptions {
  /** Platforms connected now; items of others are not looked at. */
  readonly connected: readonly string[];
  /** Items dated later are not acts (a clock was wrong). */
  readonly asOf: Date;
}

/**
 * Reads all that a signature is computed from. Distinct and grouping happen in SQL, so what travels grows with keys and
 * days, not with items. One statement at a time, so it can run inside a transaction of one connection.
 */
export async function readStatistics(
  query: Query,
  userId: string,
  { connected, asOf }: ReadOptions,
): Promise<Statistics> {
  const scope: ReadScope = { userId, connected: [...new Set(connected)].sort(byText), asOf };
  const kinds = await readKinds(query, scope);
  const activity = await readActivity(query, scope);
  const keyDays = await readKeyDays(query, scope);
  const topLists = await readTopLists(query, scope);
  const saves = await readSaves(query, scope);
  const fields = await readFields(query, scope);
  const commits = await readCommits(query, scope, kinds);
  const owned = await readOwned(query, scope, kinds);
  return {
    schema: 'statistics/1',
    connected: scope.connected,
    kinds,
    activity,
    keyDays,
    topLists,
    saves,
    fields,
    commits,
    owned,
  };
}

/** Counts, window and newest acts of each kind. */
async function readKinds(query: Query, scope: ReadScope): Promise<KindStatistics[]> {
  const rows = await query<Omit<KindStatistics, 'sample'>>(
    `SELECT platform, kind, sum(items)::int AS items,
            coalesce(sum(items) FILTER (WHERE act), 0)::int AS acts, count(*) FILTER (WHERE act)::int AS "actDays",
            min(day) FILTER (WHERE act) AS "dayFrom", max(day) FILTER (WHERE act) AS "dayTo"
     FROM (SELECT platform, kind, act, CASE WHEN act THEN day END AS day, count(*) AS items
           FROM (SELECT platform, kind, ${UTC_DAY} AS day, ${IS_ACT} IS TRUE AS act FROM items WHERE ${OWN_ITEMS}) own
           GROUP BY 1, 2, 3, 4) days
     GROUP BY platform, kind`,
    scopeParameters(scope),
  );
  const kinds: KindStatistics[] = [];
  for (const row of rows.sort((a, b) => byText(a.platform, b.platform) || byText(a.kind, b.kind))) {
    const newest = await query<{ item: string }>(
      `SELECT ${ITEM_ID} AS item FROM items WHERE ${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = $6
       ORDER BY occurred_at DESC, external_id COLLATE "C" LIMIT ${SAMPLE}`,
      [...scopeParameters(scope), row.platform, row.kind],
    );
    kinds.push({ ...row, sample: newest.map(({ item }) => item) });
  }
  return kinds;
}

/** Quarter hours with any act, by platform and UTC day: the zone is applied later, so changing it reads nothing again. */
async function readActivity(query: Query, scope: ReadScope): Promise<PlatformActivity[]> {
  const rows = await query<{ platform: string; day: number; quarters: number[] }>(
    `SELECT platform, quarter / 96 AS day, array_agg(quarter % 96 ORDER BY quarter) AS quarters
     FROM (SELECT DISTINCT platform, ${UTC_QUARTER} AS quarter
           FROM items WHERE ${OWN_ITEMS} AND ${IS_ACT}) active
     GROUP BY 1, 2`,
    scopeParameters(scope),
  );
  rows.sort((a, b) => byText(a.platform, b.platform) || a.day - b.day);
  return [...new Set(rows.map((row) => row.platform))].map((platform) => ({
    platform,
    days: rows.filter((row) => row.platform === platform).map(({ day, quarters }) => [day, quarters] as const),
  }));
}
