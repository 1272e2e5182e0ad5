import fc from 'fast-check';
import { outcomesOf, resultOf } from '../../../test/support/archive-text.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { lastfm } from './lastfm.js';
import { listenbrainz } from './listenbrainz.js';
import { spotifyAccount } from './spotify-account.js';
import { spotifyExtended } from './spotify-extended.js';
import { spotifyLibrary } from './spotify-library.js';

/** A row and what it has to come to: the kind of an item, or a reason. */
interface Planted {
  readonly row: unknown;
  readonly result: string;
}

/** Random rows of one sort. */
type Sort = fc.Arbitrary<Planted>;

const name = fc.oneof(
  fc.constantFrom('Björk', 'AC/DC', '"Weird, Al"', 'a\\b', '🦄', 'لمى', '東京', '\\u0000', ']}[{', 'Ｗｉｄｅ'),
  fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((text) => text.trim() !== '' && !text.includes('"')),
);
const id = fc.stringMatching(/^[0-9A-Za-z]{22}$/);
/** Seconds since the epoch, of 2010 to 2026. */
const seconds = fc.integer({ min: 1_262_304_000, max: 1_790_000_000 });
const played = fc.integer({ min: 30_000, max: 86_400_000 });
const skipped = fc.integer({ min: 0, max: 29_999 });
const isoOf = (at: number) => new Date(at * 1_000).toISOString().replace('.000', '');
const minuteOf = (at: number) => isoOf(at).slice(0, 16).replace('T', ' ');
const wrongMs = fc.constantFrom(-1, 86_400_001, 1.5, '30000', null, [], {}, true);
const wrongTime = fc.constantFrom(
  null,
  '',
  'soon',
  '2099-01-01T00:00:00Z',
  '1999-12-31 23:59',
  5,
  {},
  '2023-13-01T00:00:00Z',
);
const noRow: Sort = fc.constantFrom(null, 5, 'text', true, [], [1]).map((row) => ({ row, result: 'BAD_ROW' }));

const planted = (result: string, row: fc.Arbitrary<unknown>): Sort => row.map((value) => ({ row: value, result }));

const extended = (ms: fc.Arbitrary<unknown>, fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({
    ts: seconds.map(isoOf),
    ms_played: ms,
    master_metadata_track_name: name,
    master_metadata_album_artist_name: name,
    master_metadata_album_album_name: fc.option(name),
    spotify_track_uri: id.map((text) => `spotify:track:${text}`),
    skipped: fc.option(fc.boolean()),
    incognito_mode: fc.constantFrom(false, null),
    offline_timestamp: fc.constantFrom(0, 1_680_674_828, 1_680_674_828_000, null),
    ip_addr: fc.ipV4(),
    ...fields,
  });
const NONE = {
  spotify_track_uri: fc.constant(null),
  master_metadata_track_name: fc.constant(null),
  master_metadata_album_artist_name: fc.constant(null),
  master_metadata_album_album_name: fc.constant(null),
};
const EPISODE = {
  ...NONE,
  spotify_episode_uri: id.map((text) => `spotify:episode:${text}`),
  episode_name: name,
  episode_show_name: name,
};

const account = (ms: fc.Arbitrary<unknown>, fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ endTime: seconds.map(minuteOf), msPlayed: ms, artistName: name, trackName: name, ...fields });
const podcast = (ms: fc.Arbitrary<unknown>) =>
  fc.record({ endTime: seconds.map(minuteOf), msPlayed: ms, podcastName: name, episodeName: name });

const listen = (at: fc.Arbitrary<unknown>, artist: fc.Arbitrary<unknown> = name) =>
  fc.record({
    listened_at: at,
    track_metadata: fc.record({
      artist_name: artist,
      track_name: name,
      release_name: fc.option(name),
      additional_info: fc.constant({}),
    }),
  });
const scrobble = (uts: fc.Arbitrary<unknown>, artist: fc.Arbitrary<unknown> = name) =>
  fc.record({
    artist: fc.record({ '#text': artist }),
    name,
    album: fc.record({ '#text': fc.oneof(name, fc.constant('')) }),
    date: fc.record({ uts }),
  });

/** All sorts of rows that a format tells apart, and how its file is written. */
const ARCHIVES: readonly {
  readonly format: ArchiveFormat;
  readonly sorts: readonly Sort[];
  readonly write: (rows: unknown[], space: number) => string;
}[] = [
  {
    format: spotifyExtended,
    write: (rows, space) => JSON.stringify(rows, null, space),
    sorts: [
      planted('play', extended(played)),
      planted('skipped-play', extended(skipped)),
      planted('play', extended(played, { spotify_track_uri: fc.constant(null) })),
      planted('podcast-play', extended(played, EPISODE)),
      planted('skipped-podcast-play', extended(skipped, EPISODE)),
      planted('INCOGNITO', extended(fc.oneof(played, wrongMs), { incognito_mode: fc.constant(true) })),
      planted('AUDIOBOOK', extended(played, { ...NONE, audiobook_uri: name })),
      planted('VIDEO', extended(played, { ...NONE, video_name: name })),
      planted(
        'LOCAL_FILE',
        extended(played, { ...NONE, spotify_track_uri: name.map((text) => `spotify:local:${text}`) }),
      ),
      planted('REMOVED', extended(played, NONE)),
      planted('NOTHING_PLAYED', extended(fc.constant(0), NONE)),
      planted('BAD_ROW', extended(wrongMs)),
      planted('BAD_TIME', extended(played, { ts: wrongTime })),
      noRow,
    ],
  },
  {
    format: spotifyAccount,
    write: (rows, space) => JSON.stringify(rows, null, space),
    sorts: [
      planted('play', account(played)),
      planted('skipped-play', account(skipped)),
      planted('podcast-play', podcast(played)),
      planted('skipped-podcast-play', podcast(skipped)),
      planted('REMOVED', account(played, { trackName: fc.constantFrom(null, '', 5) })),
      planted('NOTHING_PLAYED', account(fc.constant(0), { artistName: fc.constant(null) })),
      planted('BAD_ROW', account(wrongMs)),
      planted('BAD_TIME', account(played, { endTime: wrongTime })),
      noRow,
    ],
  },
  {
    format: listenbrainz,
    write: (rows) => rows.map((row) => JSON.stringify(row)).join('\n'),
    sorts: [
      planted('play', listen(seconds)),
      planted('NO_DATE', listen(fc.constant(null))),
      planted('BAD_TIME', listen(fc.constantFrom(0, -1, 1e300, 'soon', 4e9))),
      planted('BAD_ROW', listen(seconds, fc.constantFrom(null, '', 5, {}))),
      planted('BAD_ROW', fc.constantFrom(null, 5, 'text', true)),
    ],
  },
  {
    format: lastfm,
    write: (rows, space) => JSON.stringify(rows, null, space),
    sorts: [
      planted('play', scrobble(seconds.map(String))),
      planted('NO_DATE', scrobble(fc.constantFrom(null, '', undefined))),
      planted('BAD_TIME', scrobble(fc.constantFrom('0', 'soon', '4000000000'))),
      planted('BAD_ROW', scrobble(seconds, fc.constantFrom(null, '', 5, {}))),
      noRow,
    ],
  },
];

const TABLE_SORTS: readonly Sort[] = [
  planted('play', fc.tuple(name, name, name, seconds.map(String))),
  planted('play', fc.tuple(name, name, name, seconds.map(isoOf))),
  planted('NO_DATE', fc.tuple(name, name, name, fc.constant(''))),
  planted('BAD_TIME', fc.tuple(name, name, name, fc.constantFrom('0', 'soon', '01 Jan 1970 00:00'))),
  planted('BAD_ROW', fc.tuple(name, name, fc.constant(''), seconds.map(String))),
  planted('BAD_ROW', fc.tuple(name)),
];

const LIBRARY: Record<string, fc.Arbitrary<Planted>> = Object.fromEntries(
  Object.entries({ tracks: 'track', albums: 'album', shows: 'show', episodes: 'episode' }).map(([list, type]) => [
    list,
    fc.oneof(
      planted(`saved-${type}`, fc.record({ artist: name, name, uri: id.map((text) => `spotify:${type}:${text}`) })),
      planted('BAD_ROW', fc.record({ artist: name, uri: fc.constantFrom(null, 'spotify:user:a', 5) })),
      planted('LOCAL_FILE', fc.record({ uri: name.map((text) => `spotify:local:${text}`) })),
      noRow,
    ),
  ]),
);

const count = (results: readonly string[]) =>
  Object.fromEntries(
    [...new Set(results)].sort().map((result) => [result, results.filter((each) => each === result).length]),
  );

/** Reads a text as a whole, and cut into pieces of so many characters, and expects the planted results of both. */
async function expectResults(format: ArchiveFormat, text: string, results: readonly string[], size: number) {
  const whole: RowOutcome[] = await outcomesOf(format, text, { size: 1e9 });
  expect(count(whole.map(resultOf))).toEqual(count(results));
  expect(whole.map(resultOf)).toEqual(results);
  expect(await outcomesOf(format, text, { size })).toEqual(whole);
  const ids = whole.flatMap((outcome) => ('item' in outcome ? [outcome.item.externalId] : []));
  expect(ids.every((each) => each.length < 500)).toBe(true);
}

const size = fc.integer({ min: 1, max: 400 });
const space = fc.constantFrom(0, 1, 4);

describe('A random archive with planted rows', () => {
  it.each(ARCHIVES.map((archive) => [archive.format.name, archive] as const))(
    'of %s is counted as planted, however it is cut',
    async (_, { format, sorts, write }) => {
      const rows = fc.array(fc.oneof(...sorts), { minLength: 1, maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(rows, size, space, async (all, pieces, indent) => {
          const text = write(
            all.map(({ row }) => row),
            indent,
          );
          await expectResults(
            format,
            text,
            all.map(({ result }) => result),
            pieces,
          );
        }),
        { numRuns: 60 },
      );
    },
  );

  it('of scrobbles in a table is counted as planted, however it is cut', async () => {
    const rows = fc.array(fc.oneof(...TABLE_SORTS), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(rows, size, async (all, pieces) => {
        const records = all.map(({ row }) =>
          (row as string[]).map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','),
        );
        const text = ['artist,album,track,date', ...records].join('\r\n');
        await expectResults(
          lastfm,
          text,
          all.map(({ result }) => result),
          pieces,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('of a library is counted as planted, however it is cut', async () => {
    const rowsOf = (row: fc.Arbitrary<Planted>) => fc.array(row, { maxLength: 8 });
    const lists = fc.record(Object.fromEntries(Object.entries(LIBRARY).map(([list, row]) => [list, rowsOf(row)])));
    await fc.assert(
      fc.asyncProperty(lists, fc.array(name, { maxLength: 3 }), size, space, async (all, other, pieces, indent) => {
        const rows = Object.entries(all).map(([list, entries]) => [list, entries.map(({ row }) => row)] as const);
        const text = JSON.stringify({ ...Object.fromEntries(rows), other }, null, indent);
        const results = [
          ...Object.values(all)
            .flat()
            .map(({ result }) => result),
          ...other.map(() => 'OTHER_LIST'),
        ];
        await expectResults(spotifyLibrary, text, results, pieces);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same items twice, and different ones for rows that differ', async () => {
    const rows = fc.uniqueArray(extended(played), {
      minLength: 2,
      maxLength: 20,
      selector: (row) => JSON.stringify([row.spotify_track_uri, row.ts, row.ms_played]),
    });
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const read = async (list: unknown[]) => outcomesOf(spotifyExtended, JSON.stringify(list));
        const ids = (await read([...all, ...all])).map((outcome) => ('item' in outcome ? outcome.item.externalId : ''));
        expect(new Set(ids).size).toBe(all.length);
        expect(ids.slice(all.length)).toEqual(ids.slice(0, all.length));
      }),
      { numRuns: 60 },
    );
  });
});
