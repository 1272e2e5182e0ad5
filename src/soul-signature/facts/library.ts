import { SAVED_KINDS } from '../statistics/kinds.js';
import type { SaveStatistics, Statistics } from '../statistics/statistics.js';
import type { Fact } from '../document/fact.js';
import { countFacts, type CountedKind } from './counts.js';
import { actsOf, actWindow, factEvidence, type FactBuilder } from './fact.js';
import { timelineFacts } from './timeline.js';

const COUNTED: readonly CountedKind[] = [
  { kind: 'saved-track', name: 'saved_tracks', title: 'Saved tracks', unit: 'tracks' },
  { kind: 'saved-album', name: 'saved_albums', title: 'Saved albums', unit: 'albums' },
  { kind: 'saved-show', name: 'saved_shows', title: 'Saved podcasts', unit: 'podcasts' },
  { kind: 'saved-episode', name: 'saved_episodes', title: 'Saved episodes', unit: 'episodes' },
  { kind: 'playlist', name: 'playlists', title: 'Playlists', unit: 'playlists' },
  { kind: 'followed-artist', name: 'followed_artists', title: 'Followed artists', unit: 'artists' },
];

/** How many things of each kind the person keeps. */
export const libraryCounts: FactBuilder = (statistics) => countFacts(statistics, 'spotify', COUNTED);

/** First and latest save, saves by year, and the artists with most saved tracks. */
export const saves: FactBuilder = (statistics) =>
  statistics.saves.flatMap((library): readonly Fact[] => {
    const { platform } = library;
    const count = actsOf(statistics, platform, SAVED_KINDS);
    const kinds = SAVED_KINDS.filter((kind) => actsOf(statistics, platform, [kind]) > 0);
    const window = actWindow(statistics, platform, kinds);
    return [
      ...timelineFacts(library, {
        platform,
        source: { label: 'counted by us', kinds: kinds.map((kind) => `${platform}.${kind}`), count },
        first: { name: 'first_save', title: 'Your first save' },
        latest: { name: 'latest_save', title: 'Your latest save' },
        byYear: { name: 'saves_by_year', title: 'Saves by year', unit: 'saves' },
        evidence: (top) => factEvidence(platform, kinds, count, top, window),
      }),
      ...mostSaved(library, statistics),
    ];
  });

/** Exact counts, unlike the platform's ranking: saved tracks by artist. */
function mostSaved(library: SaveStatistics, statistics: Statistics): readonly Fact[] {
  if (library.artists.length === 0) return [];
  const tracks = actsOf(statistics, library.platform, ['saved-track']);
  const entries = library.artists.map(({ key, label, count, sample }, i) => ({
    rank: i + 1,
    key,
    label,
    count,
    items: sample,
  }));
  return [
    {
      key: `most_saved_artists@${library.platform}`,
      platform: library.platform,
      title: 'Artists with most saved tracks',
      kind: 'list',
      source: { label: 'counted by us', kinds: [`${library.platform}.saved-track`], count: tracks },
      evidence: factEvidence(
        library.platform,
        ['saved-track'],
        tracks,
        entries.map(({ key, label, items }) => ({ key, label, days: null, items })),
        actWindow(statistics, library.platform, ['saved-track']),
      ),
      unit: 'saved tracks',
      entries,
    },
  ];
}
