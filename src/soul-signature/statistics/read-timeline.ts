import { ITEM_ID, type Query } from './read-query.js';
import type { DatedItem, Timeline } from './statistics.js';

/** First and latest of the items that `where` selects, and their number by UTC year; null if there is none. */
export async function readTimeline(
  query: Query,
  where: string,
  label: string,
  parameters: readonly unknown[],
): Promise<Timeline | null> {
  const edge = async (direction: 'ASC' | 'DESC') =>
    query<DatedItem>(
      `SELECT ${ITEM_ID} AS item, ${label} AS label,
              to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
       FROM items WHERE ${where} ORDER BY occurred_at ${direction}, kind, external_id COLLATE "C" LIMIT 1`,
      [...parameters],
    );
  const [first] = await edge('ASC');
  const [latest] = await edge('DESC');
  if (!first || !latest) return null;
  const byYear = await query<{ year: number; count: number }>(
    `SELECT extract(year FROM occurred_at AT TIME ZONE 'UTC')::int AS year, count(*)::int AS count
     FROM items WHERE ${where} GROUP BY 1 ORDER BY 1`,
    [...parameters],
  );
  return { first, latest, byYear };
}
