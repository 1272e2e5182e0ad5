import { platformTitle } from '../../platforms/platform-titles.js';
import { byText, type TopListStatistics } from '../statistics/statistics.js';
import type { Evidence, EvidenceTop } from '../document/evidence.js';
import type { Fact, FactListEntry } from '../document/fact.js';
import { factEvidence, rankedBy, type FactBuilder } from './fact.js';

/** Entries a fact shows; the rest is behind its evidence page. */
const SHOWN = 20;

const RANGES: readonly { readonly range: string; readonly words: string }[] = [
  { range: 'short_term', words: 'the last 4 weeks' },
  { range: 'medium_term', words: 'the last 6 months' },
  { range: 'long_term', words: 'about the last year' },
];

const LISTS: readonly { readonly kind: string; readonly name: string; readonly title: string }[] = [
  { kind: 'top-artist', name: 'top_artists', title: 'Top artists' },
  { kind: 'top-track', name: 'top_tracks', title: 'Top tracks' },
];

/** Top artists and tracks for each time range, in the platform's own order of its newest snapshot. */
export const topLists: FactBuilder = ({ topLists: lists }) =>
  LISTS.flatMap(({ kind, name, title }) =>
    rangesOf(lists, kind).map(({ list, words }): Fact => {
      const entries = list.entries
        .slice(0, SHOWN)
        .map((entry): FactListEntry => ({ rank: entry.rank, key: entry.key, label: entry.label, items: [entry.item] }));
      return {
        key: `${name}.${list.range}@${list.platform}`,
        platform: list.platform,
        title: `${title}, ${words}`,
        kind: 'list',
        source: listSource(list, rankedBy(list.platform)),
        note: `${platformTitle(list.platform)}'s own order on ${list.snapshotDay}; it does not say how often.`,
        evidence: listEvidence(list, topOf(entries)),
        unit: null,
        entries,
      };
    }),
  );

/** Genres of the top artists: how many of them carry each, then the best rank. Unknown where the platform gives none. */
export const topGenres: FactBuilder = ({ topLists: lists }) =>
  rangesOf(lists, 'top-artist').map(({ list, words }): Fact => {
    const base = {
      key: `top_genres.${list.range}@${list.platform}`,
      platform: list.platform,
      title: `Genres of your top artists, ${words}`,
      source: listSource(list, `genres of the artists ${rankedBy(list.platform)}`),
    };
    const entries = genresOf(list);
    if (entries.length === 0) {
      return { ...base, kind: 'unknown', reason: 'field_absent', evidence: listEvidence(list, []) };
    }
    return {
      ...base,
      kind: 'list',
      unit: `of ${list.entries.length} top artists`,
      entries,
      evidence: listEvidence(list, topOf(entries)),
    };
  });

/** The lists of a kind, the shortest time range first, and what the range is called. */
export function rangesOf(
  lists: readonly TopListStatistics[],
  kind: string,
): { list: TopListStatistics; words: string }[] {
  return RANGES.flatMap(({ range, words }) =>
    lists.filter((list) => list.kind === kind && list.range === range).map((list) => ({ list, words })),
  );
}

function genresOf(list: TopListStatistics): FactListEntry[] {
  const genres = new Map<string, { items: string[]; best: number }>();
  for (const entry of list.entries) {
    for (const genre of new Set(entry.genres)) {
      const known = genres.get(genre) ?? { items: [], best: entry.rank };
      known.items.push(entry.item);
      genres.set(genre, known);
    }
  }
  return [...genres]
    .sort(([a, x], [b, y]) => y.items.length - x.items.length || x.best - y.best || byText(a, b))
    .slice(0, SHOWN)
    .map(([genre, { items }], index) => ({
      rank: index + 1,
      key: `genre:${genre}`,
      label: genre,
      count: items.length,
      items: items.slice(0, 3),
    }));
}

function listSource(list: TopListStatistics, label: string): Fact['source'] {
  return { label, kinds: [`${list.platform}.${list.kind}`], count: list.entries.length };
}

/** Evidence of a fact about one ranked list as a whole, with these in front. */
export function listEvidence(list: TopListStatistics, top: readonly EvidenceTop[]): Evidence {
  return factEvidence(list.platform, [list.kind], list.entries.length, top, {
    externalId: { startsWith: `${list.range}:`, endsWith: `:${list.snapshotDay}` },
  });
}

function topOf(entries: readonly FactListEntry[]): EvidenceTop[] {
  return entries.map(({ key, label, items }) => ({ key: key ?? label, label, days: null, items }));
}
