import fc from 'fast-check';
import { detects } from '../../../test/support/archive-text.js';
import type { ArchiveFormat } from '../format.js';
import { lastfm } from './lastfm.js';
import { listenbrainz } from './listenbrainz.js';
import { spotifyAccount } from './spotify-account.js';
import { spotifyExtended } from './spotify-extended.js';
import { spotifyLibrary } from './spotify-library.js';

const FORMATS: readonly ArchiveFormat[] = [lastfm, listenbrainz, spotifyAccount, spotifyExtended, spotifyLibrary];

/** Beginnings of files, by the format whose they are. */
const SAMPLES: Record<string, readonly string[]> = {
  'spotify-extended': [
    '[{"ts":"2023-04-05T06:07:08Z","username":"a","platform":"ios","ms_played":5,"conn_country":"DE"}]',
    '[\n  {\n    "ms_played": 5,\n    "skipped": null,\n    "ts": "2023-04-05T06:07:08Z"\n  },\n  {\n',
    '[{"ts":null,"ms_played":null,"endTime":null}',
  ],
  'spotify-account': [
    '[{"endTime":"2023-04-05 06:07","artistName":"A","trackName":"B","msPlayed":5}]',
    '[\r\n  {\r\n    "msPlayed" : 5,\r\n    "podcastName" : "A",\r\n    "endTime" : "2023-04-05 06:07",\r\n    "episodeName" : "B"\r\n  }',
  ],
  'spotify-library': [
    '{"tracks":[{"artist":"A","album":"B","track":"C","uri":"spotify:track:4uLU6hMCjMI75M1A2tKUQC"}],"albums":[',
    '{"other":["x"],"bannedArtists":[{"name":"A"}],"artists":[{"name":"A","uri":"spotify:artist:7w29UYBi0qsHi5RTcv3lmA"}]}',
  ],
  listenbrainz: [
    '{"listened_at":1680674828,"track_metadata":{"artist_name":"A","track_name":"B"}}\n{"listened',
    '[{"track_metadata":{"track_name":"B"},"listened_at":1680674828}]',
  ],
  lastfm: [
    'uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n',
    'Artist;Album;Track;Date#listener\n"A";"B";"C";"1680674828000"',
    'A,B,C,05 Apr 2023 06:07\n',
    '[{"artist":{"mbid":"","#text":"A"},"name":"B","date":{"uts":"1680674828","#text":"05 Apr 2023, 06:07"}}]',
    '{"username":"a","scrobbles":[{"track":"B","artist":"A","album":"","date":1680674828000}]}',
  ],
};

/** Of files that none of them reads. */
const OTHERS = [
  '',
  ' \n',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '[{}]',
  'null',
  '<!DOCTYPE html><html>',
  '%PDF-1.4',
  'PK\u0003\u0004',
  '{"followerCount":5,"followingUsersCount":3}',
  '{"playlists":[{"name":"A","lastModifiedDate":"2023-04-05","items":[]}]}',
  '[{"platform":"IPHONE","searchTime":"2023-04-05T06:07:08.123Z[UTC]","searchQuery":"x"}]',
  '[{"header":"YouTube","title":"Watched A","titleUrl":"https://www.youtube.com/watch?v=x","time":"2023-04-05T06:07:08Z"}]',
  'Channel Id,Channel Url,Channel Title\nUC1,http://www.youtube.com/channel/UC1,A\n',
  'Title,Date\n"A: Season 1: B","4/5/23"\n',
  'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country\n',
  'Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n',
  'Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Date Read,Date Added\n',
  'id,permalink,date,ip,subreddit,gildings,link,parent,media\n',
  'ID,Timestamp,Contents,Attachments\n',
  '[{"ID":1,"Timestamp":"2023-04-05 06:07:08","Contents":"x","Attachments":""}]',
  '{"user_id":1,"username":"listener"}',
  '{"recording_msid":null,"recording_mbid":"x","score":1,"created":1680674828}\n',
];

const detecting = (text: string) => FORMATS.filter((format) => detects(format, text)).map(({ name }) => name);

describe('A file', () => {
  it.each(Object.entries(SAMPLES))('of %s is recognised by it and by no other format', (name, texts) => {
    for (const text of texts) expect([text, detecting(text)]).toEqual([text, [name]]);
  });

  it.each(OTHERS)('that begins with %j is recognised by none', (text) => {
    expect(detecting(text)).toEqual([]);
  });

  it('of anything is recognised by one format at most, and none fails', () => {
    const pieces = [...Object.values(SAMPLES).flat(), ...OTHERS].flatMap((text) => [
      text,
      text.slice(0, 30),
      text.slice(20),
    ]);
    const texts = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string(), fc.json()), { maxLength: 4 });
    fc.assert(
      fc.property(texts, (parts) => {
        expect(detecting(parts.join('')).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_000 },
    );
  });

  it('with the fields of several formats in one row is of one format at most', () => {
    const rows = Object.values(SAMPLES)
      .flat()
      .flatMap((text) => (/^\[.*\]$/.test(text) ? (JSON.parse(text) as object[]) : []));
    expect(rows.length).toBeGreaterThan(3);
    fc.assert(
      fc.property(fc.subarray(rows, { minLength: 2 }), (mixed) => {
        expect(detecting(JSON.stringify([Object.assign({}, ...mixed)])).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is recognised whatever the order of its fields and however it is printed', () => {
    const text = SAMPLES['spotify-extended']![0]!;
    const row = (JSON.parse(text) as Record<string, unknown>[])[0]!;
    const orders = fc.shuffledSubarray(Object.entries(row), { minLength: Object.keys(row).length });
    fc.assert(
      fc.property(orders, fc.constantFrom(undefined, 1, '\t'), (fields, space) => {
        expect(detecting(JSON.stringify([Object.fromEntries(fields)], null, space))).toEqual(['spotify-extended']);
      }),
    );
  });
});
