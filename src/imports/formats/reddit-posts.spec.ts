import { beginningOf, csvOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { redditPosts } from './reddit-posts.js';

const HEADERS = ['id', 'permalink', 'date', 'ip', 'subreddit', 'gildings', 'url'];
const WITH_TEXT = ['id', 'permalink', 'date', 'ip', 'subreddit', 'gildings', 'title', 'url', 'body'];
const LINK = 'https://www.reddit.com/r/rust/comments/12abc3/my_first_crate/';

const read = (text: string) => readArchiveFile(redditPosts, text, { name: 'posts.csv' });

describe('posts on Reddit', () => {
  it('are acts of the person at their time, the same with text and without', async () => {
    const date = '2023-04-05 06:07:08 UTC';
    const expected = {
      item: {
        kind: 'post',
        externalId: 't3_12abc3',
        key: 'subreddit:rust',
        occurredAt: new Date('2023-04-05T06:07:08Z'),
        timeMeaning: 'user_act',
        payload: { subreddit: 'rust' },
      },
    };
    expect(await read(csvOf([HEADERS, ['12abc3', LINK, date, '203.0.113.7', 'rust', '0', LINK]]))).toEqual([expected]);
    const row = ['12abc3', LINK, date, '203.0.113.7', 'rust', '0', 'My first crate', LINK, 'Write to me@example.org'];
    expect(await read(csvOf([WITH_TEXT, row]))).toEqual([expected]);
  });

  it('are told from comments by their columns', () => {
    const isPosts = (header: readonly string[]) => redditPosts.detect(beginningOf(`${header.join()}\n`));
    expect(isPosts(HEADERS)).toBe(true);
    expect(isPosts(WITH_TEXT)).toBe(true);
    expect(isPosts([...HEADERS, 'link', 'parent'])).toBe(false);
    expect(isPosts(['id', 'title', 'body', 'kind', 'created', 'subreddit', 'is_public_link'])).toBe(false);
  });
});
