import { trimmed } from '../../platforms/item-fields.js';
import { firstRecords } from '../rows/beginnings.js';
import { Columns } from '../rows/columns.js';
import type { ArchiveFormat, ReadingContext, RowOutcome } from '../format.js';
import { csvRows } from '../rows/rows.js';
import { redditId, redditPlace, type RedditPlace } from './reddit-place.js';

/** Posts that the person hid are a list of the same form, and the opposite of liking. Only the name tells it apart. */
const OTHER_LISTS = /hidden_posts[^/]*$/i;
const OTHER_LIST = { skipped: 'OTHER_LIST' } as const;

/**
 * Reddit's `saved_posts.csv` and `saved_comments.csv`: what the person saved, without dates. Which of the two a row is,
 * its address says. Votes have a third column and are another matter.
 */
export const redditSaved: ArchiveFormat = {
  name: 'reddit-saved',
  title: 'Reddit, saved posts and comments',
  platform: 'reddit',
  gives: ['saved-post', 'saved-comment'],
  detect(beginning) {
    const [header = [], first] = firstRecords(beginning, 2);
    if (header.length !== 2 || !header.includes('id') || !header.includes('permalink')) return false;
    return first === undefined || addressOf(first[header.indexOf('permalink')] ?? '') !== null;
  },
  read,
};

async function* read(
  text: AsyncIterable<string>,
  { name }: ReadingContext,
): AsyncGenerator<RowOutcome, void, undefined> {
  const other = OTHER_LISTS.test(name);
  let columns: Columns<'id' | 'permalink'> | undefined;
  for await (const row of csvRows(text)) {
    if ('unread' in row) {
      yield row;
      continue;
    }
    columns ??= new Columns(row.value.header, ['id', 'permalink']);
    const outcome = other ? OTHER_LIST : saved(columns.cell(row.value, 'id'), columns.cell(row.value, 'permalink'));
    yield { ...columns.fields, ...outcome };
  }
}

function saved(text: string, permalink: string): RowOutcome {
  const address = addressOf(permalink);
  const postId = redditId(text, 't3');
  const commentId = redditId(text, 't1');
  if (address?.post !== undefined && postId === `t3_${address.post}`) return savedItem('saved-post', postId, address);
  if (address?.comment !== undefined && commentId === `t1_${address.comment}`) {
    return savedItem('saved-comment', commentId, address);
  }
  return { unread: 'BAD_ROW' };
}

function savedItem(kind: 'saved-post' | 'saved-comment', externalId: string, { place }: Address): RowOutcome {
  const community = place.is === 'community' ? place : null;
  return {
    item: {
      kind,
      externalId,
      key: community?.key ?? null,
      occurredAt: null,
      timeMeaning: 'snapshot',
      payload: trimmed({ subreddit: community?.name }),
    },
  };
}

/** What an address on Reddit names: `/r/rust/comments/12abc3/a_title/jx9z0k1/`. */
interface Address {
  readonly place: RedditPlace;
  readonly post: string | undefined;
  readonly comment: string | undefined;
}

function addressOf(permalink: string): Address | null {
  const path = /^(?:https?:\/\/(?:[a-z]+\.)?reddit\.com)?\/(r|u|user)\/([^/?#]+)\/comments\/([^?#]*)/i.exec(permalink);
  const [, where = '', name = '', rest = ''] = path ?? [];
  if (!path) return null;
  const place: RedditPlace = where.toLowerCase() === 'r' ? redditPlace(name) : { is: 'person' };
  const [post, , comment] = rest.split('/');
  return place.is === 'unreadable' ? null : { place, post, comment };
}
