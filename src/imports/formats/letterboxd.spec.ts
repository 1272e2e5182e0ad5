import { csvOf, outcomesOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { letterboxdDiary } from './letterboxd-diary.js';
import { letterboxdRatings } from './letterboxd-ratings.js';

const DIARY = ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating', 'Rewatch', 'Tags', 'Watched Date'];
const ENTRY = ['2012-06-04', 'Uncle Buck', '1989', 'https://boxd.it/eSGD', '3.5', 'Yes', 'secret', '2012-05-28'];
const RATINGS = ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating'];
const RATED = ['2012-06-04', 'Uncle Buck', '1989', 'https://boxd.it/2aaK', '3.5'];

async function diary(...rows: readonly (readonly string[])[]) {
  return outcomesOf(letterboxdDiary, csvOf([DIARY, ...rows]));
}

async function ratings(...rows: readonly (readonly string[])[]) {
  return outcomesOf(letterboxdRatings, csvOf([RATINGS, ...rows]));
}

describe('Letterboxd’s diary', () => {
  it('tells on which day a film was watched, never at which hour and not when that was written down', async () => {
    expect(await diary(ENTRY)).toEqual([
      {
        item: {
          kind: 'watched-film',
          externalId: 'https://boxd.it/eSGD@2012-05-28',
          key: 'title:uncle buck',
          occurredAt: new Date('2012-05-28T00:00:00Z'),
          timeMeaning: 'content',
          payload: { title: 'Uncle Buck', year: 1989, rating: 3.5, rewatch: true, day: '2012-05-28' },
        },
      },
    ]);
  });

  it('gives no day to an entry without one', async () => {
    expect(await diary(ENTRY.with(7, ''))).toMatchObject([{ item: { occurredAt: null, timeMeaning: 'snapshot' } }]);
  });

  it('tells the same film watched on two days apart, with or without an address', async () => {
    const outcomes = await diary(
      ENTRY,
      ENTRY.with(7, '2012-05-29'),
      ENTRY.with(3, ''),
      ENTRY.with(3, '').with(2, '1990'),
    );
    expect(new Set(outcomes.map((outcome) => 'item' in outcome && outcome.item.externalId)).size).toBe(4);
  });

  it('leaves out a rating or year that is none', async () => {
    const [outcome] = await diary(ENTRY.with(4, '11').with(2, '?').with(5, ''));
    expect(outcome).toMatchObject({ item: { payload: { title: 'Uncle Buck', day: '2012-05-28' } } });
    expect(Object.keys(outcome && 'item' in outcome ? outcome.item.payload : {})).toEqual(['title', 'day']);
  });

  it('keeps no tags', async () => {
    expect(JSON.stringify(await diary(ENTRY))).not.toContain('secret');
  });

  it('says of each row that cannot be read what is wrong with it', async () => {
    const outcomes = await diary(
      ENTRY.with(1, ''),
      ENTRY.slice(0, 5),
      ENTRY.with(7, 'yesterday'),
      ENTRY.with(7, '2012-02-30'),
      ENTRY.with(7, '0001-01-01'),
    );
    expect(outcomes.map(wordOf)).toEqual(['BAD_ROW', 'BAD_ROW', 'BAD_TIME', 'BAD_TIME', 'BAD_TIME']);
  });

  it('has no rows from after its arrival', async () => {
    const receivedAt = new Date('2012-05-26');
    expect((await outcomesOf(letterboxdDiary, csvOf([DIARY, ENTRY]), { receivedAt })).map(wordOf)).toEqual([
      'BAD_TIME',
    ]);
    expect((await outcomesOf(letterboxdRatings, csvOf([RATINGS, RATED]), { receivedAt })).map(wordOf)).toEqual([
      'BAD_TIME',
    ]);
  });

  it('names columns that are new and columns that are gone', async () => {
    const text = csvOf([DIARY.with(4, 'Stars'), ENTRY]);
    expect(await outcomesOf(letterboxdDiary, text)).toMatchObject([{ unknown: ['Stars'], missing: ['Rating'] }]);
  });
});

describe('What was deleted on Letterboxd', () => {
  it.each([
    [letterboxdDiary, 'diary.csv', csvOf([DIARY, ENTRY])],
    [letterboxdRatings, 'ratings.csv', csvOf([RATINGS, RATED])],
  ])('is left out, and so are films that it does not have any more: %#', async (format, file, text) => {
    const wordsOf = async (name: string) => (await readArchiveFile(format, text, { name })).map(wordOf);
    for (const folder of ['deleted', 'orphaned', 'letterboxd-ana-2024/deleted', 'Deleted']) {
      expect(await wordsOf(`${folder}/${file}`)).toEqual(['OTHER_LIST']);
    }
    for (const name of [file, `letterboxd-ana-2024/${file}`, `deleted/ana/${file}`, `undeleted/${file}`]) {
      expect(await wordsOf(name)).toEqual(format.gives);
    }
  });
});

describe('Letterboxd’s ratings', () => {
  it('tell how a film was rated, and on which day', async () => {
    expect(await ratings(RATED)).toEqual([
      {
        item: {
          kind: 'rated-film',
          externalId: 'https://boxd.it/2aaK',
          key: 'title:uncle buck',
          occurredAt: new Date('2012-06-04T00:00:00Z'),
          timeMeaning: 'content',
          payload: { title: 'Uncle Buck', year: 1989, rating: 3.5, day: '2012-06-04' },
        },
      },
    ]);
  });

  it('cannot be read without a film or stars, or with a day that is none', async () => {
    const outcomes = await ratings(RATED.with(1, ''), RATED.with(4, ''), RATED.with(4, '0'), RATED.with(0, 'soon'));
    expect(outcomes.map(wordOf)).toEqual(['BAD_ROW', 'BAD_ROW', 'BAD_ROW', 'BAD_TIME']);
  });
});
