import { detects, outcomesOf, resultOf } from '../../../test/support/archive-text.js';
import { lastfm } from './lastfm.js';

const AT = Date.parse('2023-04-05T06:07:08Z');
const MINUTE = Date.parse('2023-04-05T06:07:00Z');
const SCROBBLE = {
  artist: { mbid: '', '#text': 'BJÖRK' },
  streamable: '0',
  image: [{ size: 'small', '#text': 'https://example.org/a.png' }],
  mbid: '',
  album: { mbid: '', '#text': 'Album' },
  name: 'Song',
  url: 'https://www.last.fm/music/x/_/y',
  date: { uts: String(AT / 1_000), '#text': '05 Apr 2023, 06:07' },
};

/** The same scrobble as all exporters write it that tell seconds. */
const EXACT: Record<string, string> = {
  'mainstream.ghan.nl': `uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"${AT / 1_000}","05 Apr 2023, 06:07","BJÖRK","","Album","","Song",""\n`,
  'lastfmstats.com, CSV': `Artist;Album;AlbumId;Track;Date#listener\n"BJÖRK";"Album";"7";"Song";"${AT}"\n`,
  'lastfmstats.com, JSON': JSON.stringify({
    username: 'listener',
    scrobbles: [{ track: 'Song', artist: 'BJÖRK', album: 'Album', albumId: '7', date: AT }],
  }),
  'the API': JSON.stringify([SCROBBLE], null, 2),
  'the API in its extended form': JSON.stringify([
    { ...SCROBBLE, loved: '0', artist: { name: 'BJÖRK', url: 'https://www.last.fm/music/x' } },
  ]),
  'lastfmstats.com, CSV, saved by a spreadsheet': `sep=;\r\nArtist;Album;AlbumId;Track;Date#listener\r\nBJÖRK;Album;7;Song;${AT}\r\n`,
  'columns in another order': `Track Name,Played At,Album,Artist Name\r\nSong,2023-04-05 06:07:08,Album,BJÖRK\r\n`,
};
/** And those that tell minutes. */
const ROUGH: Record<string, string> = {
  'lastfm-to-csv': `BJÖRK,Album,Song,"05 Apr 2023, 06:07"\n`,
  'lastfm-to-csv, without a comma in the date': `BJÖRK,Album,Song,05 Apr 2023 06:07\n`,
  'a header': `artist,album,track,date\nBJÖRK,Album,Song,05 Apr 2023 06:07`,
};

const readAll = (text: string) => outcomesOf(lastfm, text);

async function itemOf(text: string) {
  const [outcome, ...others] = await readAll(text);
  if (!outcome || !('item' in outcome) || others.length > 0) throw new Error('not one item');
  return outcome.item;
}

describe('A scrobble', () => {
  it.each(Object.entries(EXACT))('of %s is a play at an instant', async (_, text) => {
    expect(detects(lastfm, text)).toBe(true);
    expect(await itemOf(text)).toEqual({
      kind: 'play',
      externalId: (await itemOf(EXACT['the API']!)).externalId,
      key: 'artist:björk',
      occurredAt: new Date(AT),
      timeMeaning: 'user_act',
      payload: { type: 'track', name: 'Song', artists: [{ name: 'BJÖRK' }], album: { name: 'Album' } },
      listening: { title: 'björk\nsong', from: AT, to: AT, told: 'instant' },
    });
  });

  it.each(Object.entries(ROUGH))('of %s is a play in a minute', async (_, text) => {
    expect(detects(lastfm, text)).toBe(true);
    expect(await itemOf(text)).toMatchObject({
      occurredAt: new Date(MINUTE),
      listening: { title: 'björk\nsong', from: MINUTE, to: MINUTE + 59_999, told: 'minute' },
    });
  });

  it('tells whose it is where the header does', async () => {
    const header = 'Artist;Album;Track;Date';
    const row = `"A";"";"B";"${AT}"`;
    expect((await readAll(`${header}#listener\n${row}`))[0]).toMatchObject({ account: 'listener' });
    expect((await readAll(`${header}#a@example.org\n${row}`))[0]!.account).toBeUndefined();
  });

  it.each([
    ['NO_DATE', { date: undefined, '@attr': { nowplaying: 'true' } }],
    ['NO_DATE', { date: { uts: '', '#text': ' ' } }],
    ['BAD_TIME', { date: { uts: '0', '#text': '01 Jan 1970, 00:00' } }],
    ['BAD_TIME', { date: { uts: '4000000000' } }],
    ['BAD_TIME', { date: 'yesterday' }],
    ['BAD_TIME', { date: -5 }],
    ['BAD_ROW', { name: '' }],
    ['BAD_ROW', { artist: null }],
    ['BAD_ROW', { artist: { '#text': [] } }],
    ['play', { album: null }],
  ])('is %s when it has %j', async (result, fields) => {
    expect((await readAll(JSON.stringify([{ ...SCROBBLE, ...fields }]))).map(resultOf)).toEqual([result]);
  });

  it('in a table is read or counted, whatever is in its cells', async () => {
    const rows = [
      'A,B,C,',
      'A,B,C,05 Apr 2023 06:07',
      'A,B,,05 Apr 2023 06:07',
      'A,B',
      '"Quote ""A""",B,"C, D",05 Apr 2023 06:07',
      'A,B,C,01 Jan 1970 00:00',
    ];
    const outcomes = await readAll(rows.join('\r\n'));
    expect(outcomes.map(resultOf)).toEqual(['NO_DATE', 'play', 'BAD_ROW', 'BAD_ROW', 'play', 'BAD_TIME']);
    expect(outcomes[4]).toMatchObject({ item: { payload: { name: 'C, D', artists: [{ name: 'Quote "A"' }] } } });
  });

  it('has another id than one of another album', async () => {
    const other = JSON.stringify([{ ...SCROBBLE, album: { '#text': 'Another' } }]);
    expect((await itemOf(other)).externalId).not.toBe((await itemOf(EXACT['the API']!)).externalId);
  });

  it('names fields and columns that are new, and keeps nothing of them', async () => {
    const outcomes = [
      ...(await readAll(JSON.stringify([{ ...SCROBBLE, ip: '203.0.113.7' }]))),
      ...(await readAll('artist,track,date,ip\nA,B,05 Apr 2023 06:07,203.0.113.7\n')),
    ];
    expect(outcomes).toMatchObject([{ unknown: ['ip'] }, { unknown: ['ip'] }]);
    expect(JSON.stringify(outcomes)).not.toContain('203.0');
    expect((await readAll(EXACT['mainstream.ghan.nl']!))[0]!.unknown).toBeUndefined();
  });

  it.each([
    ['', '[]', '{}', 'a,b,c,d\n1,2,3,4', 'Title,Date\n"A: B",4/5/23', 'Artist,Title\nA,B', '"unclosed', '\0\0'],
    ['Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2023-04-05,A,1999,x,,,,2023-04-05'],
    ['[{"name":"A","artist":"B"}]', '[{"name":"A","artist":{"id":"x"},"date":"2023"}]', '{"scrobbles":[]}'],
  ])('is not recognised in something else', (...texts) => {
    for (const text of texts) expect([text, detects(lastfm, text)]).toEqual([text, false]);
  });

  it('is recognised below one that plays at the moment', () => {
    expect(detects(lastfm, 'A,B,C,\nA,B,C,05 Apr 2023 06:07\n')).toBe(true);
    expect(detects(lastfm, 'A,B,C,\nA,B,C,\n')).toBe(false);
  });

  it('is not looked for in a line that is too long', async () => {
    expect((await readAll('x'.repeat(1_000_000))).map(resultOf)).toEqual(['ROW_TOO_LONG']);
    expect((await readAll(`[${' '.repeat(2_000_000)}]`)).map(resultOf)).toEqual(['ROW_TOO_LONG']);
  });
});
