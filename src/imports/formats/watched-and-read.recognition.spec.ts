import fc from 'fast-check';
import { beginningOf } from '../../../test/support/archive-rows.js';
import { goodreadsLibrary } from './goodreads-library.js';
import { letterboxdDiary } from './letterboxd-diary.js';
import { letterboxdRatings } from './letterboxd-ratings.js';
import { netflixHistory } from './netflix-history.js';
import { netflixViewing } from './netflix-viewing.js';
import { youtubeHistory } from './youtube-history.js';
import { youtubeHtml } from './youtube-html.js';
import { youtubeSubscriptions } from './youtube-subscriptions.js';

const FORMATS = [
  youtubeHistory,
  youtubeSubscriptions,
  youtubeHtml,
  netflixViewing,
  netflixHistory,
  letterboxdDiary,
  letterboxdRatings,
  goodreadsLibrary,
];

const ID = 'UCDyqjn-9rKdcAe0gTMAkqyg';
const WATCHED = {
  header: 'YouTube',
  title: 'Watched [1] {or "2"}',
  titleUrl: 'https://www.youtube.com/watch?v=2uXS20iWve4',
  time: '2021-12-03T15:02:58.289Z',
  products: ['YouTube'],
};

/** Beginnings of files by the format that they are of. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'youtube-history': [
    JSON.stringify([WATCHED, WATCHED]),
    `\n[ ${JSON.stringify(WATCHED, undefined, 2).replaceAll('=', '\\u003d')},`,
    JSON.stringify([{ ...WATCHED, header: undefined, titleUrl: undefined }, WATCHED]).replaceAll('/', '\\/'),
    JSON.stringify([{ ...WATCHED, titleUrl: 'https://music.youtube.com/watch?v=2uXS20iWve4' }]),
    JSON.stringify(Array(2_000).fill(WATCHED)),
  ],
  'youtube-subscriptions': [
    'Channel Id,Channel Url,Channel Title\n',
    `Kanal-ID,Kanal-URL,Kanaltitel\n${ID},http://www.youtube.com/channel/${ID},Loud Structures\n`,
    `ID du canal,URL du canal,Titre\n\nbroken,row,here\n"${ID}","https://www.youtube.com/channel/${ID}","A ""b"""\n`,
  ],
  'youtube-html': [
    `<html><head><meta charset="utf-8"><title>Aktivitäten</title><style>.mdl-layout{}${'.x{}'.repeat(20_000)}`,
    '<!DOCTYPE html>\n<html><body><div class="outer-cell mdl-cell mdl-cell--12-col"></div></body></html>',
    '<html><body><a href="https://www.youtube.com/watch?v=2uXS20iWve4">x</a></body></html>',
  ],
  'netflix-viewing': [
    'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country\n',
    'Profil,Start,Dauer,Merkmale,Titel,Art,Gerät,Stelle,Letzte Stelle,Land\nMira,2021-01-31 20:15:42,00:45:10,,Dark,,TV,00:45:10,00:45:10,DE\n',
  ],
  'netflix-history': [
    'Title,Date\n"Dark: Season 1: Secrets","1/31/21"\n',
    'Title,Date\n"Dark","31.01.2021"\n"Heat","soon"\n"Heat","30.01.2021"\n',
    '"Titre","Date de visionnage"\n"Dark","31/01/2021"\n"Heat","30/01/2021"\n"Heat","01/01/2021"\n',
  ],
  'letterboxd-diary': [
    'Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2012-06-04,Heat,1995,https://boxd.it/eSGD,3,,,2012-05-28\n',
  ],
  'letterboxd-ratings': ['Date,Name,Year,Letterboxd URI,Rating\n2012-06-04,Heat,1995,https://boxd.it/2aaK,3\n'],
  'goodreads-library': [
    'Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies\n',
  ],
};

/** Files that lie beside these, or look like them, and are none of them. */
const OTHERS: Readonly<Record<string, string>> = {
  'an empty file': '',
  'an empty list': '[]',
  'searches on YouTube': JSON.stringify([
    { ...WATCHED, titleUrl: 'https://www.youtube.com/results?search_query=secret' },
  ]),
  'searches on the web': JSON.stringify([
    { ...WATCHED, titleUrl: 'https://www.google.com/search?q=youtube.com/watch' },
  ]),
  'plays of Spotify': '[{"ts":"2021-01-31T20:15:42Z","ms_played":1000,"master_metadata_track_name":"Solar"}]',
  'a page': '<html><head><title>Hello</title></head><body>Hello</body></html>',
  'comments on YouTube': `Comment ID,Channel ID,Comment Text\nUgx,${ID},secret\n`,
  'Letterboxd’s watched films': 'Date,Name,Year,Letterboxd URI\n2012-06-04,Heat,1995,https://boxd.it/2aaK\n',
  'Letterboxd’s reviews': 'Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n',
  birthdays: 'Name,Born\nMira,1/31/21\nTobias,2/28/22\nNobody,3/1/20\n',
  'posts of Reddit': 'id,permalink\nt3_1,https://www.reddit.com/r/x/comments/1\n',
  'searches on Netflix': 'Profile Name,Country Iso Code,Device,Is Kids,Query Typed\nMira,DE,TV,0,secret\n',
};

function recognisedAs(text: string): readonly string[] {
  return FORMATS.filter((format) => format.detect(beginningOf(text))).map(({ name }) => name);
}

describe('What people watched and read', () => {
  it('is recognised by content, as one format and no other', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(FORMATS.map(({ name }) => name).sort());
    for (const [name, texts] of Object.entries(SAMPLES)) {
      for (const text of texts) {
        expect({ text: text.slice(0, 200), as: recognisedAs(text) }).toMatchObject({ as: [name] });
      }
    }
  });

  it.each(Object.keys(OTHERS))('is not taken for %s', (name) => {
    expect(recognisedAs(OTHERS[name]!)).toEqual([]);
  });

  it('is at most one format wherever its beginning ends, and whatever is wrong there', () => {
    const samples = Object.values(SAMPLES)
      .flat()
      .map((text) => text.slice(0, 2_000));
    const cut = fc.tuple(fc.constantFrom(...samples), fc.nat(2_000)).map(([text, length]) => text.slice(0, length));
    const wild = fc.string({
      unit: fc.constantFrom('"', '\\', '{', '}', '[', ',', '\n', '\r', '\0', ';', 'Title', 'Date'),
    });
    fc.assert(
      fc.property(cut, wild, fc.boolean(), (text, more, whole) => {
        const matches = FORMATS.filter((format) => format.detect({ text: text + more, whole }));
        expect(matches.length).toBeLessThan(2);
      }),
      { numRuns: 200 },
    );
  });

  it('in the form of a web page is refused with the way to the right export', () => {
    expect(youtubeHtml.refusal).toEqual({ code: 'HTML_HISTORY', message: expect.stringContaining('JSON') });
  });
});
