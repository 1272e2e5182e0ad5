import { csvOf, outcomesOf, wordOf } from '../../../test/support/archive-rows.js';
import { goodreadsLibrary } from './goodreads-library.js';

const HEADER =
  'Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,' +
  'Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,' +
  'Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies';
const NAMES = HEADER.split(',');

function book(cells: Readonly<Record<string, string>> = {}): readonly string[] {
  const row: Readonly<Record<string, string>> = {
    'Book Id': '18423',
    Title: 'The Left Hand of Darkness',
    Author: 'Ursula K.  Le Guin',
    ISBN: '="0441478123"',
    ISBN13: '="9780441478125"',
    'My Rating': '5',
    'Average Rating': '4.1',
    'Number of Pages': '304',
    'Original Publication Year': '1969',
    'Date Read': '2021/03/15',
    'Date Added': '2020/11/02',
    'Exclusive Shelf': 'read',
    'My Review': 'secret words',
    'Private Notes': 'secret notes',
    'Read Count': '2',
    ...cells,
  };
  return NAMES.map((name) => row[name] ?? '');
}

async function read(...rows: readonly (readonly string[])[]) {
  return outcomesOf(goodreadsLibrary, csvOf([NAMES, ...rows]));
}

describe('Goodreads’ library', () => {
  it('tells on which day a book was read, and counts it for its author', async () => {
    expect(await read(book())).toEqual([
      {
        item: {
          kind: 'read-book',
          externalId: '18423',
          key: 'author:ursula k. le guin',
          occurredAt: new Date('2021-03-15T00:00:00Z'),
          timeMeaning: 'content',
          payload: {
            title: 'The Left Hand of Darkness',
            author: 'Ursula K.  Le Guin',
            isbn: '9780441478125',
            shelf: 'read',
            rating: 5,
            readCount: 2,
            pages: 304,
            publicationYear: 1969,
            day: '2021-03-15',
            addedDay: '2020-11-02',
          },
        },
      },
    ]);
  });

  it('gives a book that was read on no known day no date, not that of its addition either', async () => {
    for (const date of ['', '2021', '2021/03']) {
      expect(await read(book({ 'Date Read': date }))).toMatchObject([
        { item: { kind: 'read-book', occurredAt: null, timeMeaning: 'snapshot' } },
      ]);
    }
  });

  it('tells books apart by their shelf; those not read have the day of their addition', async () => {
    const shelves = ['to-read', 'currently-reading', 'given-up'];
    const outcomes = await read(...shelves.map((shelf) => book({ 'Exclusive Shelf': shelf, 'Date Read': '' })));
    expect(outcomes.map(wordOf)).toEqual(['want-to-read', 'reading-book', 'shelved-book']);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ item: { occurredAt: new Date('2020-11-02T00:00:00Z'), timeMeaning: 'content' } });
    }
  });

  it('unwraps ISBNs, and takes an empty or odd one for none', async () => {
    const isbns = [
      { ISBN13: '=""' },
      { ISBN13: '', ISBN: '=""' },
      { ISBN13: '9780441478125' },
      { ISBN13: '="9780441478125' },
      { ISBN13: '=1+1', ISBN: 'x' },
      { ISBN13: '', ISBN: '="080442957X"' },
    ];
    const outcomes = await read(...isbns.map((cells) => book(cells)));
    expect(outcomes.map((outcome) => 'item' in outcome && outcome.item.payload['isbn'])).toEqual([
      '0441478123',
      undefined,
      '9780441478125',
      '9780441478125',
      undefined,
      '080442957X',
    ]);
    const unquoted = `${HEADER}\n1,Title,Author,,,="0441478123",="9780441478125",0,,,,,,,,,,,read,,,,1,0\n`;
    expect(await outcomesOf(goodreadsLibrary, unquoted)).toMatchObject([
      { item: { payload: { isbn: '9780441478125' } } },
    ]);
  });

  it('keeps no review and no notes', async () => {
    expect(JSON.stringify(await read(book()))).not.toContain('secret');
  });

  it('says of each row that cannot be read what is wrong with it', async () => {
    const outcomes = await read(
      book({ 'Book Id': '' }),
      book({ 'Book Id': 'x' }),
      book({ Title: '' }),
      book({ 'Exclusive Shelf': '' }),
      book().slice(0, 20),
      book({ 'Date Read': 'last summer' }),
      book({ 'Date Read': '2021/13/01' }),
      book({ 'Date Added': '0000/00/00' }),
    );
    expect(outcomes.map(wordOf)).toEqual([...Array(5).fill('BAD_ROW'), ...Array(3).fill('BAD_TIME')]);
  });

  it('has no rows from after its arrival', async () => {
    const received = async (day: string) =>
      outcomesOf(goodreadsLibrary, csvOf([NAMES, book()]), { receivedAt: new Date(day) });
    expect((await received('2021-03-15')).map(wordOf)).toEqual(['read-book']);
    expect((await received('2021-03-13')).map(wordOf)).toEqual(['BAD_TIME']);
  });

  it('names columns that are new and columns that are gone', async () => {
    const header = NAMES.map((name) => (name === 'Read Count' ? 'Mood' : name));
    expect(await outcomesOf(goodreadsLibrary, csvOf([header, book()]))).toMatchObject([
      { unknown: ['Mood'], missing: ['Read Count'] },
    ]);
  });
});
