import { meaningOf } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { boundedId, titleKey } from '../rows/bounded-text.js';
import { Columns } from '../rows/columns.js';
import { dayTold } from '../rows/days.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { type CsvRecord, csvRows } from '../rows/rows.js';
import { filmId, filmPayload, isCurrent, starsOf } from './letterboxd-films.js';

const READ = ['Date', 'Name', 'Year', 'Letterboxd URI', 'Rating'] as const;

const OTHER_LIST = { skipped: 'OTHER_LIST' } as const;

/**
 * Letterboxd's `ratings.csv`: one row a film, with the day of its latest rating and never an hour. Lists and the diary
 * have further columns and are other files.
 */
export const letterboxdRatings: ArchiveFormat = {
  name: 'letterboxd-ratings',
  title: 'Letterboxd, ratings',
  platform: 'letterboxd',
  gives: ['rated-film'],

  detect(beginning) {
    const header = firstRecords(beginning, 1)[0] ?? [];
    if (new Columns(header, ['Name', 'Letterboxd URI', 'Rating']).fields.missing) return false;
    return !['Review', 'Watched Date', 'Rewatch'].some((name) => header.includes(name));
  },

  async *read(text, { name, receivedAt }) {
    const current = isCurrent(name);
    let columns: Columns<(typeof READ)[number]> | undefined;
    for await (const row of csvRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      columns ??= new Columns(row.value.header, READ);
      const outcome = current ? ratedFilm(row.value, columns, receivedAt) : OTHER_LIST;
      yield { ...columns.fields, ...outcome };
    }
  },
};

function ratedFilm(
  record: CsvRecord,
  columns: Columns<(typeof READ)[number]>,
  receivedAt: Date | undefined,
): RowOutcome {
  const name = columns.cell(record, 'Name');
  const stars = starsOf(columns.cell(record, 'Rating'));
  if (!columns.fits(record) || name === '' || stars === null) return { unread: 'BAD_ROW' };
  const day = dayTold(columns.cell(record, 'Date'), receivedAt);
  if (day === 'bad') return { unread: 'BAD_TIME' };
  const year = columns.cell(record, 'Year');
  const occurredAt = day?.at ?? null;
  return {
    item: {
      kind: 'rated-film',
      externalId: boundedId(filmId(columns.cell(record, 'Letterboxd URI'), name, year)),
      key: titleKey(name),
      occurredAt,
      timeMeaning: meaningOf(occurredAt, false),
      payload: filmPayload({ name, year, stars, day: day?.day }),
    },
  };
}
