import type { ReleaseDecades, TopListStatistics } from '../statistics/statistics.js';
import type { EvidenceTop } from '../document/evidence.js';
import type { Fact } from '../document/fact.js';
import { factEvidence, type FactBuilder } from './fact.js';
import { listEvidence, rangesOf } from './top-lists.js';

type Decades = ReleaseDecades['decades'];

/** From when the music is that a person saves and has in their longest top list. */
export const releases: FactBuilder = (statistics) => [
  ...statistics.releases.flatMap(ofSaved),
  ...rangesOf(statistics.topLists, 'top-track')
    .slice(-1)
    .flatMap(({ list, words }) => ofTopList(list, words)),
];

function ofSaved({ platform, kind, tracks, decades }: ReleaseDecades): Fact[] {
  return byDecade(decades, tracks, {
    key: `saved_tracks_by_decade@${platform}`,
    platform,
    title: 'Saved tracks by decade of release',
    source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: tracks },
    evidence: factEvidence(platform, [kind], tracks, topOf(decades), { keyStartsWith: 'artist:' }),
  });
}

function ofTopList(list: TopListStatistics, words: string): Fact[] {
  const { platform, kind, range, entries } = list;
  const found = new Map<number, string[]>();
  for (const { released, item } of entries) {
    if (released === null) continue;
    const decade = Math.floor(released / 10) * 10;
    found.set(decade, [...(found.get(decade) ?? []), item]);
  }
  const decades = [...found]
    .sort(([a], [b]) => a - b)
    .map(([decade, items]) => ({ decade, tracks: items.length, sample: items.slice(0, 3) }));
  return byDecade(decades, entries.length, {
    key: `top_tracks_by_decade.${range}@${platform}`,
    platform,
    title: `Top tracks by decade of release, ${words}`,
    source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: entries.length },
    evidence: listEvidence(list, topOf(decades)),
  });
}

/** One fact, with every decade from the first to the last; none where no track has a date. */
function byDecade(
  decades: Decades,
  tracks: number,
  rest: Pick<Fact, 'key' | 'platform' | 'title' | 'source' | 'evidence'>,
): Fact[] {
  const [first, last] = [decades[0]?.decade, decades.at(-1)?.decade];
  if (first === undefined || last === undefined) return [];
  const counts = new Map(decades.map((entry) => [entry.decade, entry.tracks]));
  const undated = tracks - decades.reduce((sum, entry) => sum + entry.tracks, 0);
  const left =
    undated === 0
      ? ''
      : ` ${undated} of ${tracks} ${undated === 1 ? 'has no date and is' : 'have no date and are'} left out.`;
  return [
    {
      ...rest,
      kind: 'series',
      note: `By the dates of their albums; a later edition counts as later.${left}`,
      unit: 'tracks',
      points: Array.from({ length: (last - first) / 10 + 1 }, (_, i) => ({
        label: `${first + i * 10}s`,
        value: counts.get(first + i * 10) ?? 0,
      })),
    },
  ];
}

/** Most tracks first, then the earlier decade. */
function topOf(decades: Decades): EvidenceTop[] {
  return [...decades]
    .sort((a, b) => b.tracks - a.tracks || a.decade - b.decade)
    .map(({ decade, sample }) => ({ key: `decade:${decade}`, label: `${decade}s`, days: null, items: sample }));
}
