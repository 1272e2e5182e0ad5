import { follow, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import type { ExtractionPage, ExtractionWarning } from '../platform.js';
import { sectionProgress } from '../section-progress.js';
import { nextSection, SECTION_NAMES, type SectionName, type SpotifyCheckpoint } from './spotify-checkpoint.js';
import {
  followedArtistItem,
  playItem,
  savedAlbumItem,
  savedEpisodeItem,
  savedShowItem,
  savedTrackItem,
  topArtistItem,
  type TopRange,
  topTrackItem,
} from './spotify-items.js';
import { type ListPage, MAX_PAGES, pageReader, type ReadPage, shareRead } from './spotify-lists.js';
import {
  artistPage,
  followedArtistPage,
  playPage,
  savedAlbumPage,
  savedEpisodePage,
  savedShowPage,
  savedTrackPage,
  trackPage,
} from './spotify-schemas.js';

/** A list that is read page by page. */
interface Section {
  /** For people, in messages: "Saved shows could not be read". */
  readonly title: string;
  readonly path: string;
  readonly reader: (at: SpotifyCheckpoint) => ReadPage;
}

/** Every list but the playlists, which have lists inside. Albums bring their tracks along, so a page has fewer of them. */
const SECTIONS: Readonly<Record<Exclude<SectionName, 'playlists' | 'end'>, Section>> = {
  'recently-played': list('Recent plays', '/v1/me/player/recently-played?limit=50', pageReader(playPage, playItem)),
  'top-artists-short': topArtists('short_term', 'Top artists of the last weeks'),
  'top-artists-medium': topArtists('medium_term', 'Top artists of the last months'),
  'top-artists-long': topArtists('long_term', 'Top artists of the last year'),
  'top-tracks-short': topTracks('short_term', 'Top tracks of the last weeks'),
  'top-tracks-medium': topTracks('medium_term', 'Top tracks of the last months'),
  'top-tracks-long': topTracks('long_term', 'Top tracks of the last year'),
  'saved-tracks': list('Saved tracks', '/v1/me/tracks?limit=50', pageReader(savedTrackPage, savedTrackItem)),
  'followed-artists': list(
    'Followed artists',
    '/v1/me/following?type=artist&limit=50',
    pageReader(followedArtistPage, followedArtistItem),
  ),
  'saved-albums': list('Saved albums', '/v1/me/albums?limit=20', pageReader(savedAlbumPage, savedAlbumItem)),
  'saved-shows': list('Saved shows', '/v1/me/shows?limit=50', pageReader(savedShowPage, savedShowItem)),
  'saved-episodes': list('Saved episodes', '/v1/me/episodes?limit=50', pageReader(savedEpisodePage, savedEpisodeItem)),
};

function list(title: string, path: string, read: ReadPage): Section {
  return { title, path, reader: () => read };
}

function topArtists(range: TopRange, title: string): Section {
  const reader: Section['reader'] = ({ snapshotDay }) =>
    pageReader(artistPage, (artist, index) => topArtistItem(artist, { range, rank: index + 1, snapshotDay }));
  return { title, path: `/v1/me/top/artists?time_range=${range}&limit=50`, reader };
}

function topTracks(range: TopRange, title: string): Section {
  const reader: Section['reader'] = ({ snapshotDay }) =>
    pageReader(trackPage, (track, index) => topTrackItem(track, { range, rank: index + 1, snapshotDay }));
  return { title, path: `/v1/me/top/tracks?time_range=${range}&limit=50`, reader };
}

/** Share of the extraction that is done, see `sectionProgress`. */
export const doneAt = sectionProgress(SECTION_NAMES, { 'saved-tracks': 12, 'saved-albums': 3, playlists: 20, end: 0 });

/** The page that ends a section and moves the checkpoint to the next one. */
export function sectionEnd(
  at: SpotifyCheckpoint,
  step: string,
  items: ExtractionPage['items'],
  warnings: readonly ExtractionWarning[],
): ExtractionPage<SpotifyCheckpoint> {
  const done = doneAt(at.section, 1, at.done);
  return { items, checkpoint: nextSection(at, done), done, step, warnings };
}

/** Reads the page of a plain list at which a checkpoint stands. A list that Spotify refuses ends with a warning. */
export async function readSection(
  client: PlatformClient,
  at: SpotifyCheckpoint,
  section: keyof typeof SECTIONS,
  seen: Set<string>,
): Promise<ExtractionPage<SpotifyCheckpoint>> {
  const { title, path, reader } = SECTIONS[section];
  const here = at.next ?? path;
  if (at.next === null) seen.clear();
  seen.add(here);
  let page: ListPage;
  try {
    page = await reader(at)(client, here, at.read);
  } catch (error) {
    return sectionEnd(at, title, [], [refusal(error, title, 'Spotify')]);
  }
  const pages = at.pages + 1;
  const { next, warnings } = follow(page.next, pages, seen, { title, maxPages: MAX_PAGES });
  if (next === null) return sectionEnd(at, title, page.items, warnings);
  const done = doneAt(section, shareRead(page), at.done);
  return { items: page.items, checkpoint: { ...at, next, pages, read: page.read, done }, done, step: title };
}
