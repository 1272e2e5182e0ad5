import { meaningOf, trimmed } from '../../platforms/item-fields.js';
import { comparableName } from '../../platforms/listening.js';
import { firstRecords } from '../rows/beginnings.js';
import { boundedId, boundedText } from '../rows/bounded-text.js';
import { Columns } from '../rows/columns.js';
import { type Day, dayTold } from '../rows/days.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { type CsvRecord, csvRows } from '../rows/rows.js';

const READ = [
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
  'Read Count',
] as const;

/** Reviews and notes are the person's words and are never kept, nor is what all readers share. */
const IGNORED = [
  'Author l-f',
  'Additional Authors',
  'Average Rating',
  'Publisher',
  'Binding',
  'Year Published',
  'Bookshelves',
  'Bookshelves with positions',
  'My Review',
  'Spoiler',
  'Private Notes',
  'Owned Copies',
  'Recommended For',
  'Recommended By',
  'Original Purchase Date',
  'Original Purchase Location',
  'Condition',
  'Condition Description',
  'BCID',
];

/** The shelves that everyone has. A book stands on exactly one shelf of this kind; people can make further ones. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['read', 'read-book'],
  ['to-read', 'want-to-read'],
  ['currently-reading', 'reading-book'],
]);

/** A book on a shelf of the person's own: "given up". */
const OTHER_KIND = 'shelved-book';

type LibraryColumns = Columns<(typeof READ)[number]>;

/**
 * Goodreads' `goodreads_library_export.csv`: one row a book, by the shelf on which it stands. A book was read on a day or
 * without one: an empty day is none, neither that of the import nor that of the addition. A book to be read has the day
 * of its addition. Books count for their author.
 */
export const goodreadsLibrary: ArchiveFormat = {
  name: 'goodreads-library',
  title: 'Goodreads, library',
  platform: 'goodreads',
  gives: [...KINDS.values(), OTHER_KIND],
  oneKindEach: true,

  detect(beginning) {
    const header = firstRecords(beginning, 1)[0] ?? [];
    return !new Columns(header, ['Book Id', 'Title', 'Author', 'Exclusive Shelf']).fields.missing;
  },

  async *read(text, { receivedAt }) {
    let columns: LibraryColumns | undefined;
    for await (const row of csvRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      columns ??= new Columns(row.value.header, READ, IGNORED);
      yield { ...columns.fields, ...bookOf(row.value, columns, receivedAt) };
    }
  },
};

function bookOf(record: CsvRecord, columns: LibraryColumns, receivedAt: Date | undefined): RowOutcome {
  const id = columns.cell(record, 'Book Id');
  const title = boundedText(columns.cell(record, 'Title'));
  const shelf = columns.cell(record, 'Exclusive Shelf');
  if (!columns.fits(record) || !/^\d{1,20}$/.test(id) || title === null || shelf === '') return { unread: 'BAD_ROW' };

  const read = bookDay(columns.cell(record, 'Date Read'), receivedAt);
  const added = bookDay(columns.cell(record, 'Date Added'), receivedAt);
  if (read === 'bad' || added === 'bad') return { unread: 'BAD_TIME' };
  const kind = KINDS.get(shelf) ?? OTHER_KIND;
  const day = kind === 'read-book' ? read : added;
  const occurredAt = day?.at ?? null;
  const author = boundedText(columns.cell(record, 'Author'));
  return {
    item: {
      kind,
      externalId: boundedId(id),
      key: author === null ? null : `author:${comparableName(author)}`,
      occurredAt,
      timeMeaning: meaningOf(occurredAt, false),
      payload: trimmed({
        title,
        author,
        isbn: isbnOf(columns.cell(record, 'ISBN13')) ?? isbnOf(columns.cell(record, 'ISBN')),
        shelf: boundedText(shelf),
        rating: count(columns.cell(record, 'My Rating'), 5),
        readCount: count(columns.cell(record, 'Read Count'), 1_000),
        pages: count(columns.cell(record, 'Number of Pages'), 100_000),
        publicationYear: count(columns.cell(record, 'Original Publication Year'), 2_100),
        day: day?.day,
        addedDay: added?.day,
      }),
    },
  };
}

/** As `dayTold`; where only month or year are told, there is no day. */
function bookDay(text: string, receivedAt: Date | undefined): Day | null | 'bad' {
  return /^\d{4}(?:[-/]\d{1,2})?$/.test(text) ? null : dayTold(text, receivedAt);
}

/** ISBNs are written `="0306406152"`, so that spreadsheets keep their zeros. */
function isbnOf(text: string): string | null {
  const isbn = /^="?([\dXx]*)"?$/.exec(text)?.[1] ?? text;
  return /^(?:\d{9}[\dXx]|\d{13})$/.test(isbn) ? isbn : null;
}

/** A number from 1 to `most`; Goodreads writes 0 for none. */
function count(text: string, most: number): number | null {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= most ? number : null;
}
