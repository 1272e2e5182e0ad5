import fc from 'fast-check';
import { csvOf, outcomesOf, wordOf } from '../../../test/support/archive-rows.js';
import type { ArchiveFormat } from '../format.js';
import { goodreadsLibrary } from './goodreads-library.js';
import { letterboxdDiary } from './letterboxd-diary.js';
import { letterboxdRatings } from './letterboxd-ratings.js';
import { netflixHistory } from './netflix-history.js';
import { netflixViewing } from './netflix-viewing.js';
import { youtubeHistory } from './youtube-history.js';
import { youtubeSubscriptions } from './youtube-subscriptions.js';

/** What must not be found in any item. */
const SECRET = 'seCRet-7f3a';

/** A row that is planted, and what it has to come to. */
interface Planted<Row> {
  readonly row: Row;
  readonly word: string;
}

type Cells = readonly string[];

/** Names with everything that CSV, JSON and titles give a meaning to. */
const name = fc
  .string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', ';', ':', '映', '🦄', '\\', "'", ' '), maxLength: 40 })
  .map((text) => `N${text}n`);
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: length, maxLength: length });
const word64 = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'abcdXYZ019-_'.split('')), minLength: length, maxLength: length });
const channelId = word64(22).map((text) => `UC${text}`);
const time = fc.date({ min: new Date('2008-01-01'), max: new Date('2026-01-01'), noInvalidDate: true });
const day = time.map((date) => date.toISOString().slice(0, 10));

/** A row as it should be, or one of its anomalies: some fields replaced, and the word for that. */
function spoilt<Row extends object>(
  row: fc.Arbitrary<Row>,
  kind: string,
  anomalies: readonly (readonly [change: Partial<Row>, word: string])[],
): fc.Arbitrary<Planted<Row>> {
  const anomaly = fc.constantFrom([{}, kind] as const, ...anomalies);
  return fc.tuple(row, anomaly).map(([whole, [change, word]]) => ({ row: { ...whole, ...change }, word }));
}

async function expectCounted(
  format: ArchiveFormat,
  text: string,
  planted: readonly Planted<unknown>[],
  lengths: readonly number[],
  profile?: string,
): Promise<void> {
  const outcomes = await outcomesOf(format, text, { lengths, ...(profile !== undefined && { profile }) });
  expect(outcomes.map(wordOf)).toEqual(planted.map(({ word }) => word));
  expect(await outcomesOf(format, text, profile === undefined ? {} : { profile })).toEqual(outcomes);
  expect(JSON.stringify(outcomes)).not.toContain(SECRET);
  expect(outcomes.every((outcome) => !outcome.unknown && !outcome.missing)).toBe(true);
  for (const outcome of outcomes) {
    if (!('item' in outcome)) continue;
    expect(format.gives).toContain(outcome.item.kind);
    expect(outcome.item.externalId.length).toBeLessThan(500);
    expect((outcome.item.key ?? '').length).toBeLessThan(500);
  }
}

/** Checks random files of a CSV format, written by column. */
async function checkCsv(
  format: ArchiveFormat,
  header: Cells,
  planted: fc.Arbitrary<Planted<Readonly<Record<string, string>>>>,
  profile?: string,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(planted, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      async (rows, lengths) => {
        const text = csvOf([header, ...rows.map(({ row }) => header.map((column) => row[column] ?? ''))]);
        await expectCounted(format, text, rows, lengths, profile);
      },
    ),
    { numRuns: 40 },
  );
}

describe('Random archives come to what was planted in them, however they are cut', () => {
  it('YouTube’s watch history', async () => {
    const row: fc.Arbitrary<Record<string, unknown>> = fc.record({
      header: fc.constant('YouTube'),
      title: name.map((title) => `Watched ${title}`),
      titleUrl: word64(11).map((id) => `https://www.youtube.com/watch?v=${id}`),
      subtitles: fc.option(
        fc
          .tuple(name, channelId)
          .map(([channel, id]) => [{ name: channel, url: `https://www.youtube.com/channel/${id}` }]),
        { nil: undefined },
      ),
      time: time.map((date) => date.toISOString()),
      products: fc.constant(['YouTube']),
      activityControls: fc.constant([SECRET]),
      description: fc.constant(SECRET),
    });
    const planted = spoilt(row, 'watch', [
      [{ header: 'YouTube Music' }, 'music-play'],
      [{ details: [{ name: SECRET }] }, 'ADVERTISEMENT'],
      [{ titleUrl: undefined }, 'REMOVED'],
      [{ titleUrl: undefined, title: SECRET }, 'OTHER_ACTIVITY'],
      [{ titleUrl: `https://www.youtube.com/results?search_query=${SECRET}`, title: SECRET }, 'OTHER_ACTIVITY'],
      [{ titleUrl: 'https://www.youtube.com/post/x' }, 'OTHER_ACTIVITY'],
      [{ titleUrl: 7 }, 'BAD_ROW'],
      [{ title: null }, 'BAD_ROW'],
      [{ time: 'yesterday' }, 'BAD_TIME'],
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(planted, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        fc.boolean(),
        async (rows, lengths, pretty) => {
          const text = JSON.stringify(
            rows.map((each) => each.row),
            undefined,
            pretty ? 2 : 0,
          );
          await expectCounted(youtubeHistory, text, rows, lengths);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('YouTube’s subscriptions', async () => {
    const row = fc
      .tuple(channelId, name)
      .map(([id, title]) => ({ id, url: `http://www.youtube.com/channel/${id}`, title }));
    await checkCsv(
      youtubeSubscriptions,
      ['id', 'url', 'title'],
      spoilt(row, 'subscription', [
        [{ id: '' }, 'BAD_ROW'],
        [{ id: SECRET }, 'BAD_ROW'],
      ]),
    );
  });

  it('Netflix’s viewing activity', async () => {
    const row: fc.Arbitrary<Record<string, string>> = fc.record({
      'Profile Name': fc.constant('Mira'),
      'Start Time': time.map((date) => date.toISOString().slice(0, 19).replace('T', ' ')),
      Duration: fc.integer({ min: 1, max: 59 }).map((minutes) => `00:${String(minutes).padStart(2, '0')}:00`),
      Title: name,
      'Device Type': fc.constant(SECRET),
      Bookmark: fc.constant(SECRET),
      Country: fc.constant(SECRET),
    });
    await checkCsv(
      netflixViewing,
      [
        'Profile Name',
        'Start Time',
        'Duration',
        'Attributes',
        'Title',
        'Supplemental Video Type',
        'Device Type',
        'Bookmark',
        'Latest Bookmark',
        'Country',
      ],
      spoilt(row, 'watch', [
        [{ 'Profile Name': SECRET }, 'OTHER_PROFILE'],
        [{ 'Supplemental Video Type': 'HOOK' }, 'NOT_WATCHED'],
        [{ Attributes: 'Autoplayed: user action: None; ' }, 'NOT_WATCHED'],
        [{ Attributes: 'View was hidden; ', Title: SECRET }, 'HIDDEN'],
        [{ Duration: '0:00:00' }, 'NOTHING_PLAYED'],
        [{ Duration: '-1' }, 'BAD_ROW'],
        [{ Title: ' ' }, 'BAD_ROW'],
        [{ 'Start Time': '1.1.2020' }, 'BAD_TIME'],
      ]),
      'Mira',
    );
  });

  it('Netflix’s short viewing history', async () => {
    const row = fc.record({
      Title: name,
      Date: fc.tuple(digits(1), fc.integer({ min: 13, max: 28 })).map(([year, date]) => `${date}/2/1${year}`),
    });
    await checkCsv(
      netflixHistory,
      ['Title', 'Date'],
      // Days before the twelfth of another month: whatever order is found, they are no days.
      spoilt(row, 'watched-title', [
        [{ Title: '' }, 'BAD_ROW'],
        [{ Date: '' }, 'NO_DATE'],
        [{ Date: '31/31/15' }, 'BAD_TIME'],
        [{ Date: SECRET }, 'BAD_TIME'],
      ]),
    );
  });

  it('Letterboxd’s diary and ratings', async () => {
    const row: fc.Arbitrary<Record<string, string>> = fc.record({
      Date: day,
      Name: name,
      Year: digits(4),
      'Letterboxd URI': word64(4).map((id) => `https://boxd.it/${id}`),
      Rating: fc.constantFrom('0.5', '3', '4.5', '5'),
      Tags: fc.constant(SECRET),
      'Watched Date': day,
    });
    await checkCsv(
      letterboxdDiary,
      ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating', 'Rewatch', 'Tags', 'Watched Date'],
      spoilt(row, 'watched-film', [
        [{ Name: '' }, 'BAD_ROW'],
        [{ 'Watched Date': '' }, 'watched-film'],
        [{ 'Watched Date': '2012-02-30' }, 'BAD_TIME'],
      ]),
    );
    await checkCsv(
      letterboxdRatings,
      ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating'],
      spoilt(row, 'rated-film', [
        [{ Rating: '' }, 'BAD_ROW'],
        [{ Date: '' }, 'rated-film'],
        [{ Date: 'soon' }, 'BAD_TIME'],
      ]),
    );
  });

  it('Goodreads’ library', async () => {
    const row: fc.Arbitrary<Record<string, string>> = fc.record({
      'Book Id': digits(6),
      Title: name,
      Author: name,
      ISBN13: digits(13).map((isbn) => `="${isbn}"`),
      'Date Read': day.map((text) => text.replaceAll('-', '/')),
      'Date Added': day.map((text) => text.replaceAll('-', '/')),
      'Exclusive Shelf': fc.constant('read'),
      'My Review': fc.constant(SECRET),
      'Private Notes': fc.constant(SECRET),
    });
    await checkCsv(
      goodreadsLibrary,
      [
        'Book Id',
        'Title',
        'Author',
        'ISBN',
        'ISBN13',
        'My Rating',
        'Number of Pages',
        'Original Publication Year',
        'Date Read',
        'Date Added',
        'Exclusive Shelf',
        'My Review',
        'Private Notes',
        'Read Count',
      ],
      spoilt(row, 'read-book', [
        [{ 'Exclusive Shelf': 'to-read' }, 'want-to-read'],
        [{ 'Exclusive Shelf': 'currently-reading' }, 'reading-book'],
        [{ 'Exclusive Shelf': 'dnf' }, 'shelved-book'],
        [{ 'Date Read': '' }, 'read-book'],
        [{ 'Date Read': '2021/2/31' }, 'BAD_TIME'],
        [{ 'Book Id': '' }, 'BAD_ROW'],
        [{ Title: '' }, 'BAD_ROW'],
      ]),
    );
  });
});
