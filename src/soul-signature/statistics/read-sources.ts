import { SOURCE_KINDS } from './kinds.js';
import {
  IS_ACT,
  ITEM_ID,
  OWN_ITEMS,
  SAMPLE,
  scopeParameters,
  UTC_DAY,
  type Query,
  type ReadScope,
} from './read-query.js';
import { byText, type InterestSource, type KindStatistics, type PlatformSources } from './statistics.js';

/** What one or more items of a key hold: the fields of their payload that name what it is about. */
export interface SourceRow {
  readonly platform: string;
  readonly kind: string;
  readonly key: string;
  readonly language: unknown;
  readonly topics: unknown;
  readonly topicCategories: unknown;
  readonly genres: unknown;
  readonly day: number | null;
  readonly items: number;
  readonly item: string;
}

/** The sources of every connected platform with the tags that their platform gives them, and the days of acts on them. */
export async function readSources(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<PlatformSources[]> {
  if (!kinds.some(({ kind }) => SOURCE_KINDS.includes(kind))) return [];
  const rows = await query<SourceRow>(
    `SELECT platform, kind, key, payload->'language' AS language, payload->'topics' AS topics,
            payload->'topicCategories' AS "topicCategories", payload->'genres' AS genres,
            CASE WHEN ${IS_ACT} THEN ${UTC_DAY} END AS day, count(*)::int AS items, min(${ITEM_ID} COLLATE "C") AS item
     FROM items WHERE ${OWN_ITEMS} AND kind = ANY($5::text[]) AND key IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`,
    [...scopeParameters(scope), [...SOURCE_KINDS]],
  );
  return sourcesOf(rows);
}

/** Groups rows by platform and key. */
export function sourcesOf(rows: readonly SourceRow[]): PlatformSources[] {
  const byPlatform = new Map<string, { kinds: Set<string>; items: number; keys: Map<string, SourceRow[]> }>();
  for (const row of rows) {
    const platform = byPlatform.get(row.platform) ?? {
      kinds: new Set<string>(),
      items: 0,
      keys: new Map<string, SourceRow[]>(),
    };
    byPlatform.set(row.platform, platform);
    platform.kinds.add(row.kind);
    platform.items += row.items;
    platform.keys.set(row.key, [...(platform.keys.get(row.key) ?? []), row]);
  }
  return [...byPlatform]
    .sort(([a], [b]) => byText(a, b))
    .map(([platform, { kinds, items, keys }]) => ({
      platform,
      kinds: [...kinds].sort(byText),
      items,
      sources: [...keys].sort(([a], [b]) => byText(a, b)).map(([key, own]) => sourceOf(key, own)),
    }));
}

function sourceOf(key: string, rows: readonly SourceRow[]): InterestSource {
  const days: number[] = rows.flatMap(({ day }) => (day === null ? [] : [day]));
  return {
    key,
    tags: [...new Set(rows.flatMap(tagsOf))].sort(byText),
    days: [...new Set(days)].sort((a, b) => a - b),
    sample: rows
      .map(({ item }) => item)
      .sort(byText)
      .slice(0, SAMPLE),
  };
}

/** How the keys of Reddit's communities begin. */
const SUBREDDITS = ['sub:', 'subreddit:'];

/** Typed tags; a video's `language` is that of its sound, so only code counts by that field. */
function tagsOf({ platform, kind, key, ...row }: SourceRow): string[] {
  const typed = (type: string, values: unknown) =>
    Array.isArray(values)
      ? values.flatMap((value) => (typeof value === 'string' && value !== '' ? [`${platform}:${type}:${value}`] : []))
      : [];
  return [
    ...(kind === 'repository' || kind === 'star' ? typed('language', [row.language]) : []),
    ...typed('topic', row.topics),
    ...typed('topic', row.topicCategories),
    ...typed('genre', row.genres),
    ...typed(
      'sub',
      SUBREDDITS.flatMap((start) => (key.startsWith(start) ? [key.slice(start.length)] : [])),
    ),
  ];
}
