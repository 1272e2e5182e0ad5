import { beginningOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { redditSubscriptions } from './reddit-subscriptions.js';

const read = (text: string, name = 'export/subscribed_subreddits.csv') =>
  readArchiveFile(redditSubscriptions, text, { name });

describe('communities on Reddit', () => {
  it('are a state of when the export was made, without a time', async () => {
    expect(await read('subreddit\r\nAskReddit\r\nreddit.com\r\n')).toEqual([
      {
        item: {
          kind: 'subscription',
          externalId: 'AskReddit',
          key: 'subreddit:askreddit',
          occurredAt: null,
          timeMeaning: 'snapshot',
          payload: { subreddit: 'AskReddit' },
        },
      },
      expect.objectContaining({ item: expect.objectContaining({ key: 'subreddit:reddit.com' }) }),
    ]);
  });

  it('do not include people who are followed, nor what is no name', async () => {
    const outcomes = await read('subreddit\nu_somebody\nr/rust\nme@example.org\n203.0.113.7\n');
    expect(outcomes.map(wordOf)).toEqual(['OTHER_ACTIVITY', 'subscription', 'BAD_ROW', 'BAD_ROW']);
    expect(JSON.stringify(outcomes)).not.toContain('somebody');
  });

  it('do not include those that the person moderates, as far as the name of the file says so', async () => {
    const text = 'subreddit\nrust\n';
    for (const name of ['moderated_subreddits.csv', 'a/approved_submitter_subreddits (1).csv']) {
      expect((await read(text, name)).map(wordOf)).toEqual(['OTHER_LIST']);
    }
    expect((await read(text, 'moderated_subreddits/list.csv')).map(wordOf)).toEqual(['subscription']);
  });

  it('are recognised by their only column', () => {
    const isList = (text: string) => redditSubscriptions.detect(beginningOf(text));
    expect(isList('subreddit\n')).toBe(true);
    expect(isList('"subreddit"\r\n"rust"\r\n')).toBe(true);
    expect(isList('subreddit,date\nrust,2023-01-01\n')).toBe(false);
    expect(isList('username\nsomebody\n')).toBe(false);
    expect(isList('subreddit\nnot the name of a community\n')).toBe(false);
  });
});
