import { trimmed } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { Columns } from '../rows/columns.js';
import type { Beginning, ReadingContext, RowOutcome } from '../format.js';
import { type CsvRecord, csvRows } from '../rows/rows.js';
import { canHaveHappened, utcTime } from '../rows/utc-time.js';
import { redditId, redditPlace } from './reddit-place.js';

/** Reddit began on 23 June 2005. */
const BEGINNING = Date.UTC(2005, 5, 23);

/** What the person wrote. */
type Contribution = 'comment' | 'post';

const READ = ['id', 'date', 'subreddit'] as const;

const OF_BOTH = ['permalink', 'ip', 'gildings', 'gildings_silver', 'gildings_supergold', 'body', 'media'];

/**
 * Text, titles, addresses and IP addresses are left out, and so is what was answered. The lists with and without text
 * thus tell the same in the same words.
 */
const IGNORED: Readonly<Record<Contribution, readonly string[]>> = {
  comment: [...OF_BOTH, 'link', 'parent'],
  post: [...OF_BOTH, 'url', 'title'],
};

type ContributionColumns = Columns<(typeof READ)[number]>;

/** Which of the two lists a file is. Only comments have a parent. */
export function contributionIn(beginning: Beginning): Contribution | undefined {
  const [header = []] = firstRecords(beginning, 1);
  if (!['id', 'permalink', 'date', 'subreddit'].every((name) => header.includes(name))) return undefined;
  if (header.includes('parent')) return 'comment';
  return header.includes('url') ? 'post' : undefined;
}

/** The rows of a list of comments or posts. */
export async function* contributions(
  text: AsyncIterable<string>,
  context: ReadingContext,
  kind: Contribution,
): AsyncGenerator<RowOutcome, void, undefined> {
  let columns: ContributionColumns | undefined;
  for await (const row of csvRows(text)) {
    if ('unread' in row) {
      yield row;
      continue;
    }
    columns ??= new Columns(row.value.header, READ, IGNORED[kind]);
    yield { ...columns.fields, ...contribution(columns, row.value, context, kind) };
  }
}

function contribution(
  columns: ContributionColumns,
  record: CsvRecord,
  { receivedAt }: ReadingContext,
  kind: Contribution,
): RowOutcome {
  const externalId = redditId(columns.cell(record, 'id'), kind === 'comment' ? 't1' : 't3');
  const place = redditPlace(columns.cell(record, 'subreddit'));
  if (!columns.fits(record) || externalId === null || place.is === 'unreadable') return { unread: 'BAD_ROW' };
  const date = columns.cell(record, 'date');
  if (date === '') return { skipped: 'NO_DATE' };
  const at = utcTime(date)?.at;
  if (at === undefined || !canHaveHappened(at, BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  const community = place.is === 'community' ? place : null;
  return {
    item: {
      kind,
      externalId,
      key: community?.key ?? null,
      occurredAt: new Date(at),
      timeMeaning: 'user_act',
      payload: trimmed({ subreddit: community?.name }),
    },
  };
}
