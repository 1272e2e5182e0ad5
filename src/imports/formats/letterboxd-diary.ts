import { meaningOf } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { boundedId, titleKey } from '../rows/bounded-text.js';
import { Columns } from '../rows/columns.js';
import { dayTold } from '../rows/days.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { type CsvRecord, csvRows } from '../rows/rows.js';
import { filmId, filmPayload, isCurrent, starsOf } from './letterboxd-films.js';

const READ = ['Name', 'Year', 'Letterboxd URI', 'Rating', 'Rewatch', 'Watched Date'] as const;

/** `Date` is when the entry was written. Tags are the person's notes. */
const IGNORED = ['Date', 'Tags'];

const OTHER_LIST = { skipped: 'OTHER_LIST' } as const;

/**
 * Letterboxd's `diary.csv`: films that were watched, each on a day and never at an hour. Its addresses are those of the
 * entries. An entry without a day has none. `reviews.csv` tells the same entries with the reviews' texts and is not read.
 * `deleted/diary.csv` and `orphaned/diary.csv` are left out.
 */
export const letterboxdDiary: ArchiveFormat = {
  name: 'letterboxd-diary',
  title: 'Letterboxd, diary',
  platform: 'letterboxd',
  gives: ['watched-film'],

  detect(beginning) {
    const header = firstRecords(beginning, 1)[0] ?? [];
    const needed = new Columns(header, ['Name', 'Letterboxd URI', 'Rewatch', 'Watched Date']);
    return needed.fields.missing === undefined && !header.includes('Review');
  },

  async *read(text, { name, receivedAt }) {
    const current = isCurrent(name);
    let columns: Columns<(typeof READ)[number]> | undefined;
    for await (const row of csvRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      columns ??= new Columns(row.value.header, READ, IGNORED);
      const outcome = current ? watchedFilm(row.value, columns, receivedAt) : OTHER_LIST;
      yield { ...columns.fields, ...outcome };
    }
  },
};

function watchedFilm(
  record: CsvRecord,
  columns: Columns<(typeof READ)[number]>,
  receivedAt: Date | undefined,
): RowOutcome {
  const name = columns.cell(record, 'Name');
  if (!columns.fits(record) || name === '') return { unread: 'BAD_ROW' };
  const day = dayTold(columns.cell(record, 'Watched Date'), receivedAt);
  if (day === 'bad') return { unread: 'BAD_TIME' };
  const year = columns.cell(record, 'Year');
  const film = filmId(columns.cell(record, 'Letterboxd URI'), name, year);
  const occurredAt = day?.at ?? null;
  return {
    item: {
      kind: 'watched-film',
      // In old exports the address is the film's, the same for each time that it was watched.
      externalId: boundedId(`${film}@${day?.day ?? 'null'}`),
      key: titleKey(name),
      occurredAt,
      timeMeaning: meaningOf(occurredAt, false),
      payload: filmPayload({
        name,
        year,
        stars: starsOf(columns.cell(record, 'Rating')),
        day: day?.day,
        rewatch: columns.cell(record, 'Rewatch') === 'Yes',
      }),
    },
  };
}
