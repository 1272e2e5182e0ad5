import { readdirSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { beginningOf } from '../../../test/support/archive-rows.js';
import type { ArchiveFormat, RefusedFormat } from '../format.js';

const VIDEO = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ';
const CHANNEL = 'UCuAXFkgsw1L7xaCfnd5JJOw';

/** How files of all sources begin, by the name of the format that is to take them; the others are nobody's. */
const BEGINNINGS: readonly (readonly [format: string | null, text: string])[] = [
  [
    'spotify-extended',
    '[{"ts":"2023-04-05T06:07:08Z","username":"me","platform":"ios","ms_played":200000,"conn_country":"DE",' +
      '"ip_addr_decrypted":"203.0.113.7","master_metadata_track_name":"A","master_metadata_album_artist_name":"B",' +
      '"spotify_track_uri":"spotify:track:4uLU6hMCjMI75M1A2tKUQC","incognito_mode":false}]',
  ],
  [
    'spotify-account',
    '[\n  {\n    "endTime" : "2023-04-05 06:07",\n    "artistName" : "B",\n    "trackName" : "A",\n    "msPlayed" : 200000\n  }\n]',
  ],
  [
    'spotify-library',
    '{"tracks": [{"artist": "B", "album": "C", "track": "A", "uri": "spotify:track:4uLU6hMCjMI75M1A2tKUQC"}], "albums": [], "shows": []}',
  ],
  [
    'youtube-history',
    `[{"header":"YouTube","title":"Watched A","titleUrl":"${VIDEO}","subtitles":[{"name":"B","url":"https://www.youtube.com/channel/${CHANNEL}"}],"time":"2023-04-05T06:07:08.123Z","products":["YouTube"],"activityControls":["YouTube watch history"]}]`,
  ],
  [
    'youtube-html',
    `<html><head><title>Watch history</title></head><body><div class="mdl-grid"><div class="content-cell mdl-cell mdl-typography--body-1">Watched <a href="${VIDEO}">A</a></div></div></body></html>`,
  ],
  [
    'youtube-subscriptions',
    `Kanal-ID,Kanal-URL,Kanaltitel\n${CHANNEL},http://www.youtube.com/channel/${CHANNEL},Rick\n`,
  ],
  ['listenbrainz', '{"listened_at": 1680674828, "track_metadata": {"artist_name": "B", "track_name": "A"}}\n'],
  [
    'lastfm',
    'uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"1680674828","05 Apr 2023, 06:07","B","","C","","A",""\n',
  ],
  [
    'netflix-viewing',
    'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country\nMe,2023-04-05 06:07:08,00:41:00,,A: Season 1: B (Episode 1),,TV,00:41:00,00:41:00,DE (Germany)\n',
  ],
  ['netflix-history', 'Title,Date\n"A: Season 1: B","4/5/23"\n"C","4/4/23"\n"D","3/30/23"\n'],
  [
    'letterboxd-diary',
    'Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2023-04-05,A,1999,https://boxd.it/abc,4,,,2023-04-04\n',
  ],
  ['letterboxd-ratings', 'Date,Name,Year,Letterboxd URI,Rating\n2023-04-05,A,1999,https://boxd.it/abc,4\n'],
  [
    'goodreads-library',
    'Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies\n1,A,B,"B, C",,"=""0000000000""","=""""",5,4.2,D,Paperback,200,2001,2000,2023/04/05,2023/04/01,,,read,,,,1,0\n',
  ],
  [
    'reddit-comments',
    'id,permalink,date,ip,subreddit,gildings,link,parent\njx9z0k1,https://www.reddit.com/r/rust/comments/12abc3/a/jx9z0k1/,2023-04-05 06:07:08 UTC,,rust,0,https://www.reddit.com/r/rust/comments/12abc3/a/,\n',
  ],
  ['reddit-comments', 'id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n'],
  ['reddit-posts', 'id,permalink,date,ip,subreddit,gildings,url\n'],
  ['reddit-posts', 'id,permalink,date,ip,subreddit,gildings,title,url,body\n'],
  ['reddit-subscriptions', 'subreddit\nrust\nAskReddit\n'],
  ['reddit-saved', 'id,permalink\n12abc3,https://www.reddit.com/r/rust/comments/12abc3/a/\n'],
  ['reddit-statistics', 'statistic,value\naccount name,me\n'],
  [
    'discord-messages',
    '[{"ID": 1092959867891335168, "Timestamp": "2023-04-05 06:07:08", "Contents": "a", "Attachments": ""}]',
  ],
  [
    'discord-messages-csv',
    'ID,Timestamp,Contents,Attachments\r\n1092959867891335168,2023-04-05 06:07:08.000000+00:00,a,\r\n',
  ],
  ['discord-servers', '{"112233445566778899": "Rust", "112233445566778800": "Films"}'],
  ['discord-account', '{"id": "112233445566778899", "username": "me", "discriminator": 0, "email": "me@example.org"}'],
  ['discord-chat-export', '{"guild": {"id": "112233445566778899", "name": "Rust"}, "channel": {}, "messages": []}'],
  [null, '{"112233445566778899": "general in Rust", "112233445566778800": "Direct Message with somebody#1"}'],
  [null, '{"id": "112233445566778899", "type": 1, "recipients": ["112233445566778899", "112233445566778800"]}'],
  [null, 'id,permalink,direction\n12abc3,https://www.reddit.com/r/rust/comments/12abc3/a/,up\n'],
  [null, 'id,permalink,thread_id,date,ip,from,to,subject,body\n'],
  [null, 'preference,value\n'],
  [null, 'date,ip\n2023-04-05 06:07:08 UTC,203.0.113.7\n'],
  [null, ''],
  [null, '[]'],
  [null, '{}'],
  [null, 'null'],
];

type Format = ArchiveFormat | RefusedFormat;

/** Everything in this folder that recognises files. */
async function formatsHere(): Promise<Format[]> {
  const names = readdirSync('src/imports/formats').filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  const modules = await Promise.all(names.map((name) => import(`./${name.slice(0, -'.ts'.length)}`)));
  return modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is Format => typeof value === 'object' && value !== null && 'detect' in value);
}

describe('the recognition of files', () => {
  let formats: readonly Format[];
  beforeAll(async () => {
    formats = await formatsHere();
  });
  const takers = (text: string) => formats.filter((format) => format.detect(beginningOf(text))).map(({ name }) => name);

  it('knows formats by different names', () => {
    const names = formats.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]+$/);
  });

  it.each(BEGINNINGS)('gives to %s, and to nobody else, %j', (format, text) => {
    const wanted = formats.some(({ name }) => name === format) ? [format] : [];
    expect(takers(text)).toEqual(wanted);
  });

  it('gives a table to the same format when a spreadsheet has saved it with semicolons', () => {
    const tables = BEGINNINGS.filter(([format, text]) => format !== null && /^[A-Za-z]/.test(text));
    expect(tables.length).toBeGreaterThan(12);
    for (const [format, text] of tables) {
      const records: string[][] = parse(text, { relax_column_count: true });
      const saved = records
        .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(';'))
        .join('\r\n');
      expect([saved, takers(saved)]).toEqual([saved, [format]]);
      expect(takers(`sep=;\r\n${saved}`)).toEqual([format]);
    }
  });

  it('gives no part of a file to two formats, and never fails', () => {
    const cut = fc
      .constantFrom(...BEGINNINGS)
      .chain(([, text]) => fc.tuple(fc.nat(text.length), fc.nat(text.length)).map(([a, b]) => [text, a, b] as const));
    fc.assert(
      fc.property(cut, fc.string({ unit: 'binary', maxLength: 20 }), ([text, from, to], noise) => {
        expect(takers(text.slice(from)).length).toBeLessThan(2);
        expect(takers(text.slice(0, to)).length).toBeLessThan(2);
        takers(text.slice(0, from) + noise + text.slice(to));
      }),
      { numRuns: 60 },
    );
  });

  it('takes no long time over hostile beginnings', () => {
    const hostile = ['"', '\\"', '{', '[', ',', '{"a":', '[{"', '\r\n', ' ', '{"112233445566778899":'];
    for (const piece of hostile) expect(takers(piece.repeat(65_536 / piece.length))).toEqual([]);
    for (const piece of ['\\"', '{"a', '"\\']) expect(takers(`[{"${piece.repeat(30_000)}`)).toEqual([]);
  });
});
