import { csvOf, outcomesOf } from '../../../test/support/archive-rows.js';
import { subscriptionItem } from '../../platforms/youtube/youtube-items.js';
import { youtubeSubscriptions } from './youtube-subscriptions.js';

const ID = 'UCDyqjn-9rKdcAe0gTMAkqyg';
const ROW = [ID, `http://www.youtube.com/channel/${ID}`, 'Loud, "Structures"'];

describe('YouTube’s subscriptions', () => {
  it('are those that the API tells, without its dates', async () => {
    const told = subscriptionItem({
      snippet: { resourceId: { channelId: ID }, title: 'Loud, "Structures"', publishedAt: null },
    });
    const outcomes = await outcomesOf(youtubeSubscriptions, csvOf([['Kanal-ID', 'Kanal-URL', 'Kanaltitel'], ROW]));
    expect(outcomes).toEqual([{ item: told }]);
    expect(told).toMatchObject({ kind: 'subscription', timeMeaning: 'snapshot', key: `channel:${ID}` });
  });

  it('without a channel’s id or all cells cannot be read', async () => {
    const rows = [
      ['Channel Id', 'Channel Url', 'Channel Title'],
      ['', '', 'x'],
      ['UCshort', '', ''],
      [ID],
      ['x'.repeat(999), '', ''],
    ];
    expect(await outcomesOf(youtubeSubscriptions, csvOf(rows))).toEqual(Array(4).fill({ unread: 'BAD_ROW' }));
  });

  it('name columns behind those that are known', async () => {
    const rows = [
      ['Channel Id', 'Channel Url', 'Channel Title', 'Since'],
      [...ROW, '2020'],
    ];
    expect(await outcomesOf(youtubeSubscriptions, csvOf(rows))).toMatchObject([{ unknown: ['Since'] }]);
  });
});
