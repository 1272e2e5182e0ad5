import { trimmed } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { boundedText } from '../rows/bounded-text.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { oddFields } from '../rows/odd-fields.js';
import { type CsvRecord, csvRows } from '../rows/rows.js';

const CHANNEL_ID = /^UC[\w-]{22}$/;
const COLUMNS = 3;

/** Room for a column that is new. */
const MOST_COLUMNS = 4;

/**
 * Google Takeout's `subscriptions.csv`: a channel's id, address and title, in this order below a header in the account's
 * language. It has no dates. The items are those of the API, which tells since when.
 */
export const youtubeSubscriptions: ArchiveFormat = {
  name: 'youtube-subscriptions',
  title: 'YouTube, subscriptions (Google Takeout)',
  platform: 'youtube',
  gives: ['subscription'],

  detect(beginning) {
    const [header = [], ...records] = firstRecords(beginning);
    if (header.length < COLUMNS || header.length > MOST_COLUMNS) return false;
    if (records.length === 0) return header.slice(0, COLUMNS).join() === 'Channel Id,Channel Url,Channel Title';
    return records.some(
      ([id = '', address = '']) => CHANNEL_ID.test(id) && address.endsWith(`youtube.com/channel/${id}`),
    );
  },

  async *read(text) {
    for await (const row of csvRows(text)) yield 'unread' in row ? row : outcomeOf(row.value);
  },
};

function outcomeOf({ header, cells }: CsvRecord): RowOutcome {
  const fields = oddFields(header.slice(COLUMNS), []);
  const id = cells[0]?.trim() ?? '';
  if (!CHANNEL_ID.test(id) || cells.length < COLUMNS) return { ...fields, unread: 'BAD_ROW' };
  return {
    ...fields,
    item: {
      kind: 'subscription',
      externalId: id,
      key: `channel:${id}`,
      occurredAt: null,
      timeMeaning: 'snapshot',
      payload: trimmed({ title: boundedText(cells[2]) }),
    },
  };
}
