import { beginningOf, csvOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { redditComments } from './reddit-comments.js';

const HEADERS = ['id', 'permalink', 'date', 'ip', 'subreddit', 'gildings', 'link', 'parent'];
const LINK = 'https://www.reddit.com/r/AskReddit/comments/12abc3/what_is_it/';

const comment = (id: string, date: string, subreddit = 'AskReddit') => [
  ...[id, `${LINK}${id}/`, date, '203.0.113.7', subreddit, '0', LINK, 't1_jx00000'],
];
const read = (text: string, receivedAt?: Date) =>
  readArchiveFile(redditComments, text, { name: 'comment_headers.csv', receivedAt });

describe('comments on Reddit', () => {
  it('are acts of the person at their time, counted for their community', async () => {
    const [outcome] = await read(csvOf([HEADERS, comment('jx9z0k1', '2023-04-05 06:07:08 UTC')]));
    expect(outcome).toEqual({
      item: {
        kind: 'comment',
        externalId: 't1_jx9z0k1',
        key: 'subreddit:askreddit',
        occurredAt: new Date('2023-04-05T06:07:08Z'),
        timeMeaning: 'user_act',
        payload: { subreddit: 'AskReddit' },
      },
    });
  });

  it('tell the same in the list with text and in the list without', async () => {
    const row = comment('jx9z0k1', '2023-04-05 06:07:08 UTC');
    const withText = csvOf([
      [...HEADERS, 'body', 'media'],
      [...row, 'My secret is "here",\r\nand over two lines', 'picture.png'],
    ]);
    expect(await read(withText)).toEqual(await read(csvOf([HEADERS, row])));
  });

  it('never keep text, addresses or the IP address', async () => {
    const row = [...comment('jx9z0k1', '2023-04-05 06:07:08 UTC'), 'My secret is here'];
    const told = JSON.stringify(await read(csvOf([[...HEADERS, 'body'], row])));
    for (const secret of ['secret', '203.0.113.7', 'what_is_it', 'reddit.com', 'jx00000']) {
      expect(told).not.toContain(secret);
    }
  });

  it('on the page of a person keep the time, and not whose page it is', async () => {
    const [outcome] = await read(csvOf([HEADERS, comment('jx9z0k1', '2023-04-05 06:07:08 UTC', 'u_somebody')]));
    expect(outcome).toMatchObject({ item: { key: null, payload: {}, timeMeaning: 'user_act' } });
  });

  it.each([
    ['an id that Reddit does not give', comment('jx/9', '2023-04-05 06:07:08 UTC'), 'BAD_ROW'],
    ['another thing’s id', comment('t3_jx9z0k1', '2023-04-05 06:07:08 UTC'), 'BAD_ROW'],
    ['a community that can have no such name', comment('jx9', '2023-04-05 06:07:08 UTC', '203.0.113.7'), 'BAD_ROW'],
    ['too few cells', ['jx9', LINK, '2023-04-05 06:07:08 UTC', '', 'rust'], 'BAD_ROW'],
    ['a zero character', comment('jx9\0', '2023-04-05 06:07:08 UTC'), 'BAD_ROW'],
    ['no time', comment('jx9', ''), 'NO_DATE'],
    ['a day that no calendar has', comment('jx9', '2023-02-30 06:07:08 UTC'), 'BAD_TIME'],
    ['a time before Reddit', comment('jx9', '1999-01-01 00:00:00 UTC'), 'BAD_TIME'],
    ['a time after the archive', comment('jx9', '2031-01-01 00:00:00 UTC'), 'BAD_TIME'],
    ['words for a time', comment('jx9', 'yesterday'), 'BAD_TIME'],
  ])('with %s are reported and not kept', async (_, row, word) => {
    const outcomes = await read(csvOf([HEADERS, row]), new Date('2026-01-01'));
    expect(outcomes.map(wordOf)).toEqual([word]);
  });

  it('name columns that are new or gone', async () => {
    const header = [...HEADERS.filter((name) => name !== 'subreddit'), 'mood'];
    const row = comment('jx9', '2023-04-05 06:07:08 UTC').filter((cell) => cell !== 'AskReddit');
    const [outcome] = await read(csvOf([header, [...row, 'fine']]));
    expect(outcome).toMatchObject({ unknown: ['mood'], missing: ['subreddit'], item: { key: null } });
  });

  it('that end within a row are told as cut short', async () => {
    const text = csvOf([HEADERS, comment('jx9', '2023-04-05 06:07:08 UTC')]) + '"jx8","https://www.red';
    expect((await read(text)).map(wordOf).at(-1)).toBe('CUT_SHORT');
  });

  it('are told from posts, votes and messages by their columns, in any order', () => {
    const isComments = (header: string) => redditComments.detect(beginningOf(`${header}\r\n`));
    expect(isComments(HEADERS.join())).toBe(true);
    expect(isComments([...HEADERS].reverse().join())).toBe(true);
    expect(isComments('id,permalink,date,ip,subreddit,gildings,title,url,body')).toBe(false);
    expect(isComments('id,permalink,direction')).toBe(false);
    expect(isComments('id,permalink,thread_id,date,ip,from,to,subject,body')).toBe(false);
  });
});
