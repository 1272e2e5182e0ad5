import { detects, outcomesOf, resultOf } from '../../../test/support/archive-text.js';
import { spotifyLibrary } from './spotify-library.js';

const TRACK = { artist: 'BJÖRK', album: 'Album', track: 'Song', uri: 'spotify:track:4uLU6hMCjMI75M1A2tKUQC' };
const LIBRARY = {
  tracks: [TRACK],
  albums: [{ artist: 'BJÖRK', album: 'Album', uri: 'spotify:album:6dVIqQ8qmQ5GBnJ9shOYGE' }],
  shows: [{ name: 'The Show', publisher: 'Someone', uri: 'spotify:show:2ZFDmgDS2Z6xccP51s1zFQ' }],
  episodes: [{ name: 'Part 1', show: 'The Show', uri: 'spotify:episode:5Xt5DXGzch68nYYamXrNxZ' }],
  bannedTracks: [{ ...TRACK, uri: 'spotify:track:7ouMYWpwJ422jRcDASZB7P' }],
  artists: [{ name: 'BJÖRK', uri: 'spotify:artist:7w29UYBi0qsHi5RTcv3lmA' }],
  bannedArtists: [{ name: 'Another', uri: 'spotify:artist:0du5cEVh5yTK9QJze8zA0C' }],
  other: ['spotify:user:listener:collection:secret-search'],
};

const read = (library: unknown) => outcomesOf(spotifyLibrary, JSON.stringify(library, null, 2));

describe("Spotify's library", () => {
  it("is what is saved and followed, with the kinds and ids of the API's items and without times", async () => {
    const outcomes = await read(LIBRARY);
    expect(outcomes.map(resultOf)).toEqual([
      ...['saved-track', 'saved-album', 'saved-show', 'saved-episode', 'OTHER_LIST'],
      ...['followed-artist', 'OTHER_LIST', 'OTHER_LIST'],
    ]);
    const items = outcomes.flatMap((outcome) => ('item' in outcome ? [outcome.item] : []));
    expect(items.map(({ externalId, key }) => [externalId, key])).toEqual([
      ['4uLU6hMCjMI75M1A2tKUQC', 'artist:björk'],
      ['6dVIqQ8qmQ5GBnJ9shOYGE', 'artist:björk'],
      ['2ZFDmgDS2Z6xccP51s1zFQ', 'show:the show'],
      ['5Xt5DXGzch68nYYamXrNxZ', 'show:the show'],
      ['7w29UYBi0qsHi5RTcv3lmA', 'artist:björk'],
    ]);
    expect(items.every((item) => item.occurredAt === null && item.timeMeaning === 'snapshot')).toBe(true);
    expect(items[0]!.payload).toEqual({
      type: 'track',
      name: 'Song',
      artists: [{ name: 'BJÖRK' }],
      album: { name: 'Album' },
      uri: TRACK.uri,
    });
    expect(items[3]!.payload).toMatchObject({ type: 'episode', name: 'Part 1', show: { name: 'The Show' } });
    expect(JSON.stringify(outcomes)).not.toContain('secret-search');
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(spotifyLibrary.gives));
  });

  it.each([
    ['LOCAL_FILE', { uri: 'spotify:local:A:B:C:1' }],
    ['BAD_ROW', { uri: undefined }],
    ['BAD_ROW', { uri: 'spotify:album:6dVIqQ8qmQ5GBnJ9shOYGE' }],
    ['BAD_ROW', { uri: 'spotify:track:' }],
    ['BAD_ROW', { uri: `spotify:track:${'x'.repeat(600)}` }],
    ['BAD_ROW', { uri: { toString: null } }],
    ['saved-track', { artist: null, album: 5, track: '\0' }],
  ])('has a track that is %s with %j', async (result, fields) => {
    expect((await read({ tracks: [{ ...TRACK, ...fields }] })).map(resultOf)).toEqual([result]);
  });

  it('names the fields that are new and those that are gone', async () => {
    const { album: _, ...without } = TRACK;
    expect(await read({ tracks: [{ ...without, addedAt: '2023' }] })).toMatchObject([
      { unknown: ['addedAt'], missing: ['album'] },
    ]);
  });

  it('may have rows that are none', async () => {
    const outcomes = await read({ tracks: [null, 5, 'x', []], settings: { a: 1 } });
    expect(outcomes.map(resultOf)).toEqual(['BAD_ROW', 'BAD_ROW', 'BAD_ROW', 'BAD_ROW', 'OTHER_LIST']);
  });

  it('is recognised by its first list with something in it, whichever it is', () => {
    for (const [name, rows] of Object.entries(LIBRARY)) {
      const isRead = !/banned|other/.test(name);
      expect(detects(spotifyLibrary, JSON.stringify({ empty: [], [name]: rows }))).toBe(isRead);
      expect(detects(spotifyLibrary, JSON.stringify({ bannedTracks: LIBRARY.bannedTracks, [name]: rows }))).toBe(
        isRead,
      );
    }
    expect(detects(spotifyLibrary, JSON.stringify({ tracks: Array.from({ length: 5_000 }, () => TRACK) }))).toBe(true);
    expect(detects(spotifyLibrary, JSON.stringify({ tracks: [{ name: 'of something else' }] }))).toBe(false);
    expect(detects(spotifyLibrary, JSON.stringify([TRACK]))).toBe(false);
  });

  it('is recognised where a local file comes first', () => {
    const local = { ...TRACK, uri: 'spotify:local:A:B:C:1' };
    expect(detects(spotifyLibrary, JSON.stringify({ ...LIBRARY, tracks: [local, TRACK] }))).toBe(true);
  });
});
