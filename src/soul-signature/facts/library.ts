import type { SavedItem, SaveStatistics, Statistics } from '../facets/statistics.js';
import type { Fact } from '../signature.js';
import { actsOf, actWindow, factEvidence, itemsOf, type FactBuilder } from './fact.js';

/** Kinds of Spotify items that the person saved, each with the time of saving. */
export const SAVED_KINDS = ['saved-track', 'saved-album', 'saved-show', 'saved-episode'] as const;

const COUNTED: readonly {
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  readonly unit: string;
}[] = [
  { kind: 'saved-track', name: 'saved_tracks', title: 'Saved tracks', unit: 'tracks' },
  { kind: 'saved-album', name: 'saved_albums', title: 'Saved albums', unit: 'albums' },
  { kind: 'saved-show', name: 'saved_shows', title: 'Saved podcasts', unit: 'podcasts' },
  { kind: 'saved-episode', name: 'saved_episodes', title: 'Saved episodes', unit: 'episodes' },
  { kind: 'playlist', name: 'playlists', title: 'Playlists', unit: 'playlists' },
  { kind: 'followed-artist', name: 'followed_artists', title: 'Followed artists', unit: 'artists' },
];

/** How many things of each kind the person keeps; kinds without any are left out. */
export const libraryCounts: FactBuilder = (statistics) =>
  COUNTED.map(({ kind, name, title, unit }) => ({
    kind,
    name,
    title,
    unit,
    value: itemsOf(statistics, 'spotify', [kind]),
  }))
    .filter(({ value }) => value > 0)
    .map(({ kind, name, title, unit, value }): Fact => {
      const kinds = [`spotify.${kind}`];
      return {
        key: `${name}@spotify`,
        platform: 'spotify',
        title,
        kind: 'count',
        source: { label: 'counted by us', kinds, count: value },
        evidence: factEvidence('spotify', [kind], value, sampled(statistics, kind)),
        value,
        unit,
      };
    });

/** First and latest save, saves by year, and the artists with most saved tracks. */
export const saves: FactBuilder = (statistics) =>
  statistics.saves.flatMap((library): readonly Fact[] => {
    const count = actsOf(statistics, library.platform, SAVED_KINDS);
    const kinds = SAVED_KINDS.filter((kind) => actsOf(statistics, library.platform, [kind]) > 0);
    const source = { label: 'counted by us', kinds: kinds.map((kind) => `${library.platform}.${kind}`), count };
    const base = { platform: library.platform, source };
    const window = actWindow(statistics, library.platform, kinds);
    const dated = (name: string, title: string, saved: SavedItem): Fact => ({
      ...base,
      key: `${name}@${library.platform}`,
      title,
      kind: 'date',
      evidence: factEvidence(
        library.platform,
        kinds,
        count,
        [{ key: saved.item, label: saved.label, days: null, items: [saved.item] }],
        window,
      ),
      at: saved.at,
      label: saved.label,
      items: [saved.item],
    });
    return [
      dated('first_save', 'Your first save', library.first),
      dated('latest_save', 'Your latest save', library.latest),
      {
        ...base,
        key: `saves_by_year@${library.platform}`,
        title: 'Saves by year',
        kind: 'series',
        note: 'Years begin and end in UTC.',
        evidence: factEvidence(library.platform, kinds, count, [], window),
        unit: 'saves',
        points: library.byYear.map(({ year, count: value }) => ({ label: String(year), value })),
      },
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

/** The newest items of a kind as its evidence, where it has dates. */
function sampled(statistics: Statistics, kind: string): Fact['evidence']['top'] {
  const entry = statistics.kinds.find((one) => one.platform === 'spotify' && one.kind === kind);
  if (!entry || entry.sample.length === 0) return [];
  return [{ key: `spotify.${kind}`, label: null, days: entry.actDays, items: entry.sample }];
}
