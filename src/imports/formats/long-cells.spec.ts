import { csvOf, outcomesOf } from '../../../test/support/archive-rows.js';
import { inFull } from '../../../test/support/length.js';
import { FORMATS, formatNamed } from '../formats.js';

/** A header and a row of each format that is a table. */
const TABLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'discord-messages-csv': [
    ['ID', 'Timestamp', 'Contents', 'Attachments'],
    ['1092959867891335168', '2023-04-05 06:07:08.000000+00:00', 'a', ''],
  ],
  'goodreads-library': [
    [
      ...['Book Id', 'Title', 'Author', 'ISBN', 'ISBN13', 'My Rating', 'Number of Pages', 'Original Publication Year'],
      ...['Date Read', 'Date Added', 'Exclusive Shelf', 'Read Count'],
    ],
    ['1', 'A', 'B', '="0306406152"', '=""', '5', '200', '2000', '2023/04/05', '2023/04/01', 'read', '1'],
  ],
  lastfm: [
    ['artist', 'album', 'track', 'date'],
    ['A', 'B', 'C', '05 Apr 2023 06:07'],
  ],
  'letterboxd-diary': [
    ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating', 'Rewatch', 'Watched Date'],
    ['2023-04-05', 'A', '1999', 'https://boxd.it/abc', '4', 'Yes', '2023-04-04'],
  ],
  'letterboxd-ratings': [
    ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating'],
    ['2023-04-05', 'A', '1999', 'https://boxd.it/abc', '4'],
  ],
  'netflix-history': [
    ['Title', 'Date'],
    ['A: Season 1: B', '31/1/21'],
  ],
  'netflix-viewing': [
    ['Profile Name', 'Start Time', 'Duration', 'Attributes', 'Title', 'Supplemental Video Type'],
    ['Me', '2023-04-05 06:07:08', '00:41:00', '', 'A: Season 1: B', ''],
  ],
  'reddit-comments': [
    ['id', 'permalink', 'date', 'subreddit', 'parent'],
    ['jx9z0k1', 'https://www.reddit.com/r/rust/', '2023-04-05 06:07:08 UTC', 'rust', ''],
  ],
  'reddit-posts': [
    ['id', 'permalink', 'date', 'subreddit', 'url'],
    ['12abc3', 'https://www.reddit.com/r/rust/', '2023-04-05 06:07:08 UTC', 'rust', ''],
  ],
  'reddit-saved': [
    ['id', 'permalink'],
    ['12abc3', 'https://www.reddit.com/r/rust/comments/12abc3/a/'],
  ],
  'reddit-subscriptions': [['subreddit'], ['rust']],
  'youtube-subscriptions': [
    ['Channel Id', 'Channel Url', 'Channel Title'],
    ['UCuAXFkgsw1L7xaCfnd5JJOw', 'http://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw', 'A'],
  ],
};

const PLAY = { master_metadata_track_name: 'A', master_metadata_album_artist_name: 'B', spotify_track_uri: 'C' };
const LISTEN = { artist_name: 'A', track_name: 'B', release_name: 'C', additional_info: { duration: 'D' } };

/** A row of each format that is JSON, as a file has it. */
const DOCUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  'discord-messages': [[{ ID: '1092959867891335168', Timestamp: '2023-04-05 06:07:08' }]],
  'discord-servers': [{ '112233445566778899': 'Rust' }],
  lastfm: [
    [{ artist: { '#text': 'A' }, name: 'B', album: { '#text': 'C' }, date: { uts: '1680674828', '#text': 'D' } }],
  ],
  listenbrainz: [{ listened_at: 1_680_674_828, recording_msid: 'A', track_metadata: LISTEN }],
  'spotify-account': [
    [{ endTime: '2023-04-05 06:07', artistName: 'A', trackName: 'B', msPlayed: 5 }],
    [{ endTime: '2023-04-05 06:07', podcastName: 'A', episodeName: 'B', msPlayed: 50_000 }],
  ],
  'spotify-extended': [
    [{ ts: '2023-04-05T06:07:08Z', ms_played: 50_000, username: 'me', reason_start: 'x', ...PLAY }],
    [{ ts: '2023-04-05T06:07:08Z', ms_played: 5, episode_name: 'A', episode_show_name: 'B', spotify_episode_uri: 'C' }],
  ],
  'spotify-library': [
    { tracks: [{ artist: 'A', album: 'B', track: 'C', uri: 'spotify:track:4uLU6hMCjMI75M1A2tKUQC' }] },
    { shows: [{ name: 'A', publisher: 'B', uri: 'spotify:show:2ZFDmgDS2Z6xccP51s1zFQ' }] },
  ],
  'youtube-history': [
    [
      {
        header: 'YouTube Music',
        title: 'Watched A',
        titleUrl: 'https://music.youtube.com/watch?v=dQw4w9WgXcQ',
        time: '2023-04-05T06:07:08.123Z',
        subtitles: [{ name: 'B - Topic', url: 'https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw' }],
      },
    ],
  ],
};

/** Cells nearly as long as a row may be, on which a pattern may try again from every character. */
const LENGTH = 60_000;
const LONG: readonly string[] = [
  `a${' '.repeat(LENGTH)}b`,
  ...inFull([': ', 'a: ', '1', '/', ' - '], [': ']).map((each) => each.repeat(LENGTH / each.length)),
  `a${'\u0301\u0323'.repeat(LENGTH / 2)}`,
  `https://${Array.from({ length: LENGTH / 2 }, (_, n) => String.fromCharCode(0x4e00 + (n % 20_000))).join('')}`,
];

/** Values of this form with each of its texts replaced once. */
function* replaced(value: unknown, long: string): Generator {
  if (typeof value === 'string') yield long;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    for (const other of replaced(field, long)) {
      yield Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other };
    }
  }
}

/** Files of a format, each with one text replaced. */
function* filesOf(format: string, long: string): Generator<string> {
  const [header = [], row] = TABLES[format] ?? [];
  if (row) for (const cells of replaced(row, long)) yield csvOf([header, cells as string[]]);
  for (const document of DOCUMENTS[format] ?? []) {
    for (const other of replaced(document, long)) yield JSON.stringify(other);
  }
}

describe('A row with a long text', () => {
  it.each(FORMATS.map(({ name }) => name))('of %s takes no long time', async (name) => {
    const format = formatNamed(name)!;
    let rows = 0;
    for (const long of LONG) {
      for (const text of filesOf(name, long)) {
        // A row is read in some ms; a pattern that tries again takes a second and more, each time.
        let tries = 0;
        let isLong = true;
        for (; isLong && tries < 3; tries += 1) {
          const before = process.cpuUsage();
          const outcomes = await outcomesOf(format, text, { lengths: [65_536] });
          const { user, system } = process.cpuUsage(before);
          isLong = (user + system) / 1_000 > 500;
          if (tries === 0) rows += outcomes.length;
        }
        expect({ isLong, text: text.slice(0, 200) }).toMatchObject({ isLong: false });
      }
    }
    expect(rows).toBeGreaterThanOrEqual(LONG.length);
  });
});
