import { trimmed } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { boundedId, boundedText, titleKey } from '../rows/bounded-text.js';
import { isFuture } from '../rows/days.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { type CsvRecord, csvRows, type Row } from '../rows/rows.js';
import { type DayOrder, dayOrderOf, descend, isLocalDay, localDay } from './netflix-days.js';
import { seriesOf } from './netflix-titles.js';

const COLUMNS = 2;

/** From how much of the file the order of day and month is found, in characters: these rows are held in memory. */
const MOST_HELD = 65_536;

/** How many rows a file must have to be known by its shape alone. */
const FEWEST_ROWS = 3;

/**
 * Netflix's `NetflixViewingHistory.csv`, the short export that everyone can download at once: title and local day, written
 * as the account's language does. The order of day and month is found from the first 64 KiB of rows; where they do not
 * decide it, the days are not known and the rows are left out. Items are of a kind of their own, of days and no hours:
 * counted together with the full export's they would count the same evening twice.
 */
export const netflixHistory: ArchiveFormat = {
  name: 'netflix-history',
  title: 'Netflix, viewing history (short)',
  platform: 'netflix',
  gives: ['watched-title'],

  detect(beginning) {
    const [header = [], ...records] = firstRecords(beginning);
    if (header.length !== COLUMNS || header.some((name) => name === '' || /\d/.test(name))) return false;
    const rows = records.filter(([title, day = '', ...more]) => title !== '' && more.length === 0 && isLocalDay(day));
    if (rows.length * 2 <= records.length) return false;
    // In other languages the shape decides: several rows, the newest first.
    const days = rows.map(([, day = '']) => day);
    return header.join().toLowerCase() === 'title,date' || (rows.length >= FEWEST_ROWS && descend(days));
  },

  async *read(text, { receivedAt }) {
    const held: Row<CsvRecord>[] = [];
    let characters = 0;
    let decided: { readonly order: DayOrder | undefined } | undefined;
    for await (const row of csvRows(text)) {
      if (decided) {
        yield outcomeOf(row, decided.order, receivedAt);
        continue;
      }
      held.push(row);
      // One more for the end of the row: empty rows take memory too.
      characters += 'unread' in row ? 1 : row.value.cells.join().length + 1;
      if (characters < MOST_HELD) continue;
      decided = { order: orderOf(held) };
      for (const each of held.splice(0)) yield outcomeOf(each, decided.order, receivedAt);
    }
    const order = decided ? decided.order : orderOf(held);
    for (const each of held) yield outcomeOf(each, order, receivedAt);
  },
};

function orderOf(rows: readonly Row<CsvRecord>[]): DayOrder | undefined {
  return dayOrderOf(rows.map((row) => ('unread' in row ? '' : (row.value.cells[1] ?? ''))));
}

function outcomeOf(row: Row<CsvRecord>, order: DayOrder | undefined, receivedAt: Date | undefined): RowOutcome {
  if ('unread' in row) return row;
  const [title = '', date = '', ...more] = row.value.cells.map((cell) => cell.trim());
  if (row.value.cells.length < COLUMNS || more.length > 0 || title === '') return { unread: 'BAD_ROW' };
  if (date === '') return { skipped: 'NO_DATE' };
  if (!isLocalDay(date)) return { unread: 'BAD_TIME' };
  if (!order) return { skipped: 'NO_DATE' };
  const day = localDay(date, order);
  if (!day || isFuture(day, receivedAt)) return { unread: 'BAD_TIME' };
  const series = seriesOf(title);
  return {
    item: {
      kind: 'watched-title',
      externalId: boundedId(`${title}@${day.day}`),
      key: titleKey(series ?? title),
      occurredAt: day.at,
      timeMeaning: 'content',
      payload: trimmed({ title: boundedText(title), series: boundedText(series), day: day.day }),
    },
  };
}
