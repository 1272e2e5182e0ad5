import { firstRecords } from '../rows/beginnings.js';
import { Columns } from '../rows/columns.js';
import type { ArchiveFormat, ReadingContext, RowOutcome } from '../format.js';
import { csvRows } from '../rows/rows.js';
import { redditPlace } from './reddit-place.js';

/**
 * Communities that the person moderates or may post to are lists of the same form. Only the name tells them apart; under
 * another name they are read as subscriptions, which nearly all of them are.
 */
const OTHER_LISTS = /(?:moderated|approved_submitter)_subreddits[^/]*$/i;
const OTHER_LIST = { skipped: 'OTHER_LIST' } as const;

/** Reddit's `subscribed_subreddits.csv`: names of communities, as they are when the export is made. */
export const redditSubscriptions: ArchiveFormat = {
  name: 'reddit-subscriptions',
  title: 'Reddit, communities',
  platform: 'reddit',
  gives: ['subscription'],
  detect(beginning) {
    const [header = [], first] = firstRecords(beginning, 2);
    if (header.length !== 1 || header[0] !== 'subreddit') return false;
    return first === undefined || (first.length === 1 && redditPlace(first[0] ?? '').is !== 'unreadable');
  },
  read,
};

async function* read(
  text: AsyncIterable<string>,
  { name }: ReadingContext,
): AsyncGenerator<RowOutcome, void, undefined> {
  const other = OTHER_LISTS.test(name);
  let columns: Columns<'subreddit'> | undefined;
  for await (const row of csvRows(text)) {
    if ('unread' in row) {
      yield row;
      continue;
    }
    columns ??= new Columns(row.value.header, ['subreddit']);
    const outcome = other ? OTHER_LIST : subscription(columns.cell(row.value, 'subreddit'));
    yield { ...columns.fields, ...outcome };
  }
}

/** To follow a person's page is no membership of a community. */
function subscription(name: string): RowOutcome {
  const place = redditPlace(name);
  if (place.is === 'person') return { skipped: 'OTHER_ACTIVITY' };
  if (place.is !== 'community') return { unread: 'BAD_ROW' };
  return {
    item: {
      kind: 'subscription',
      externalId: place.name,
      key: place.key,
      occurredAt: null,
      timeMeaning: 'snapshot',
      payload: { subreddit: place.name },
    },
  };
}
