import { trimmed } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { boundedId, boundedText, titleKey } from '../rows/bounded-text.js';
import { Columns } from '../rows/columns.js';
import type { ArchiveFormat, ReadingContext, RowOutcome } from '../format.js';
import { type CsvRecord, csvRows } from '../rows/rows.js';
import { canHaveHappened, utcTime } from '../rows/utc-time.js';
import { seriesOf } from './netflix-titles.js';

/** Netflix lets films be watched on demand since 2007. */
const BEGINNING = Date.UTC(2007, 0);

/** With those that are left out, in the order of the file. */
const READ = ['Profile Name', 'Start Time', 'Duration', 'Attributes', 'Title', 'Supplemental Video Type'] as const;

/** Devices and countries are never kept; bookmarks repeat what the duration says. */
const IGNORED = ['Device Type', 'Bookmark', 'Latest Bookmark', 'Country'];

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const DURATION = /^(\d{1,3}):([0-5]\d):([0-5]\d)$/;

/** An account has five profiles; deleted ones stay in the file. */
const MOST_PROFILES = 100;

type ViewingColumns = Columns<(typeof READ)[number]>;

/**
 * Netflix's `ViewingActivity.csv`, from the export of all personal information: each stretch of watching, with its start
 * in UTC. Columns are found by their English names, else by position. A file has the rows of everyone in the household:
 * only those of one profile are read, without a chosen one those of the first. What the person has hidden stays hidden.
 */
export const netflixViewing: ArchiveFormat = {
  name: 'netflix-viewing',
  title: 'Netflix, viewing activity',
  platform: 'netflix',
  gives: ['watch'],

  detect(beginning) {
    const [header = [], ...records] = firstRecords(beginning);
    if (isEnglish(header)) return true;
    return records.some(
      (cells) =>
        cells.length === header.length &&
        TIME.test(cells[1] ?? '') &&
        DURATION.test(cells[2] ?? '') &&
        DURATION.test(cells[7] ?? ''),
    );
  },

  async *read(text, context) {
    let columns: ViewingColumns | undefined;
    let profile = context.profile?.trim();
    for await (const row of csvRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      columns ??= columnsOf(row.value.header);
      if (columns.fits(row.value)) profile ??= columns.cell(row.value, 'Profile Name');
      yield { ...columns.fields, ...viewingOf(row.value, columns, { ...context, profile }) };
    }
  },

  async profiles(text) {
    const profiles = new Set<string>();
    let columns: ViewingColumns | undefined;
    for await (const row of csvRows(text)) {
      if ('unread' in row) continue;
      columns ??= columnsOf(row.value.header);
      if (columns.fits(row.value) && profiles.size < MOST_PROFILES) {
        profiles.add(columns.cell(row.value, 'Profile Name'));
      }
    }
    return [...profiles];
  },
};

function isEnglish(header: readonly string[]): boolean {
  return new Columns(header, ['Profile Name', 'Start Time', 'Duration', 'Title']).fields.missing === undefined;
}

function columnsOf(header: readonly string[]): ViewingColumns {
  const names = [...READ, ...IGNORED];
  return new Columns(isEnglish(header) ? header : names.slice(0, header.length), READ, IGNORED);
}

function viewingOf(record: CsvRecord, columns: ViewingColumns, context: ReadingContext): RowOutcome {
  if (!columns.fits(record)) return { unread: 'BAD_ROW' };
  if (columns.cell(record, 'Profile Name') !== context.profile) return { skipped: 'OTHER_PROFILE' };
  const attributes = columns.cell(record, 'Attributes');
  if (columns.cell(record, 'Supplemental Video Type') !== '') return { skipped: 'NOT_WATCHED' };
  if (/user action: none/i.test(attributes)) return { skipped: 'NOT_WATCHED' };
  if (/view was hidden/i.test(attributes)) return { skipped: 'HIDDEN' };

  const title = columns.cell(record, 'Title');
  const duration = columns.cell(record, 'Duration');
  const durationMs = duration === '' ? null : milliseconds(duration);
  if (title === '' || durationMs === undefined) return { unread: 'BAD_ROW' };
  const at = utcTime(columns.cell(record, 'Start Time'))?.at;
  if (at === undefined || !canHaveHappened(at, BEGINNING, context.receivedAt)) return { unread: 'BAD_TIME' };
  if (durationMs === 0) return { skipped: 'NOTHING_PLAYED' };

  const series = seriesOf(title);
  return {
    item: {
      kind: 'watch',
      // Netflix gives no ids. Two screens may show the same at the same second, but not for equally long.
      externalId: boundedId(`${title}@${at}+${durationMs ?? 'null'}`),
      key: titleKey(series ?? title),
      occurredAt: new Date(at),
      timeMeaning: 'user_act',
      payload: trimmed({ title: boundedText(title), series: boundedText(series), durationMs }),
    },
  };
}

/** Undefined for what is no duration. */
function milliseconds(duration: string): number | undefined {
  const parts = DURATION.exec(duration);
  return parts ? ((Number(parts[1]) * 60 + Number(parts[2])) * 60 + Number(parts[3])) * 1_000 : undefined;
}
