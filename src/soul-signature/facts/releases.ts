import type { ReleaseDecades, Statistics, TopListStatistics } from '../facets/statistics.js';
import type { EvidenceTop, Fact, Predicate } from '../signature.js';
import { actWindow, factEvidence, type FactBuilder } from './fact.js';
import { listEvidence, rangesOf } from './top-lists.js';

type Decades = ReleaseDecades['decades'];

/** From when the music is that a person saves, plays and has in their longest top list. */
export const releases: FactBuilder = (statistics) => [
  ...statistics.releases.flatMap((entry) => ofTracks(entry, statistics)),
  ...rangesOf(statistics.topLists, 'top-track')
    .slice(-1)
    .flatMap(({ list, words }) => ofTopList(list, words)),
];

function ofTracks({ platform, kind, tracks, items, decades }: ReleaseDecades, statistics: Statistics): Fact[] {
  const played = kind === 'play';
  const rest: Partial<Predicate> = played ? actWindow(statistics, platform, [kind]) : {};
  return byDecade(decades, tracks, {
    key: `${played ? 'played' : 'saved'}_tracks_by_decade@${platform}`,
    platform,
    title: `${played ? 'Played' : 'Saved'} tracks by decade of release`,
    source: { label: 'counted by us', kinds: [`${platform}.${kind}`], count: items },
    evidence: factEvidence(platform, [kind], items, topOf(decades), { ...rest, keyStartsWith: 'artist:' }),
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
      note: `Each track once, by the date of its album; a later edition counts as later.${left}`,
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
