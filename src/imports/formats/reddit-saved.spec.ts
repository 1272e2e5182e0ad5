import { beginningOf, csvOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { redditSaved } from './reddit-saved.js';

const HEADER = ['id', 'permalink'];
const POST = 'https://www.reddit.com/r/Rust/comments/12abc3/my_first_crate/';

const read = (rows: readonly (readonly string[])[], name = 'saved_posts.csv') =>
  readArchiveFile(redditSaved, csvOf([HEADER, ...rows]), { name });

describe('saved posts and comments on Reddit', () => {
  it('have the community of their address, and no time', async () => {
    expect(await read([['12abc3', POST]])).toEqual([
      {
        item: {
          kind: 'saved-post',
          externalId: 't3_12abc3',
          key: 'subreddit:rust',
          occurredAt: null,
          timeMeaning: 'snapshot',
          payload: { subreddit: 'Rust' },
        },
      },
    ]);
  });

  it('are told apart by the address, whatever the file is called', async () => {
    const outcomes = await read(
      [
        ['12abc3', '/r/rust/comments/12abc3/my_first_crate/'],
        ['jx9z0k1', `${POST}jx9z0k1/`],
        ['jx9z0k2', 'https://old.reddit.com/r/rust/comments/12abc3//jx9z0k2/?context=3'],
      ],
      'a.csv',
    );
    expect(outcomes.map(wordOf)).toEqual(['saved-post', 'saved-comment', 'saved-comment']);
    expect(JSON.stringify(outcomes)).not.toContain('my_first_crate');
  });

  it('on the pages of people do not keep whose page it is', async () => {
    const outcomes = await read([
      ['12abc3', 'https://www.reddit.com/user/somebody/comments/12abc3/hello/'],
      ['12abc4', 'https://www.reddit.com/r/u_somebody/comments/12abc4/hello/'],
    ]);
    expect(outcomes).toMatchObject([{ item: { key: null, payload: {} } }, { item: { key: null, payload: {} } }]);
    expect(JSON.stringify(outcomes)).not.toContain('somebody');
  });

  it.each([
    ['an id that is not in the address', ['zzz', POST]],
    ['no address', ['12abc3', '']],
    ['an address elsewhere', ['12abc3', 'https://example.org/r/rust/comments/12abc3/x/']],
    ['an address that only looks like Reddit’s', ['12abc3', 'https://notreddit.com/r/rust/comments/12abc3/x/']],
    ['one cell', ['12abc3']],
  ])('with %s are reported', async (_, row) => {
    expect((await read([row])).map(wordOf)).toEqual(['BAD_ROW']);
  });

  it('do not include what the person hid', async () => {
    expect((await read([['12abc3', POST]], 'hidden_posts.csv')).map(wordOf)).toEqual(['OTHER_LIST']);
  });

  it('are told from votes, which have a third column', () => {
    expect(redditSaved.detect(beginningOf(csvOf([HEADER, ['12abc3', POST]])))).toBe(true);
    expect(redditSaved.detect(beginningOf('permalink,id\n'))).toBe(true);
    expect(
      redditSaved.detect(
        beginningOf(
          csvOf([
            [...HEADER, 'direction'],
            ['12abc3', POST, 'up'],
          ]),
        ),
      ),
    ).toBe(false);
    expect(redditSaved.detect(beginningOf('id,permalink\n1,https://example.org/1\n'))).toBe(false);
  });
});
