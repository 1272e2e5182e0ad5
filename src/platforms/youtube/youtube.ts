import { UNREADABLE } from '../page-entries.js';
import { PlatformError } from '../platform-error.js';
import { definePlatform } from '../platform.js';
import { readLists } from '../read-lists.js';
import { channelItem } from './youtube-items.js';
import { YOUTUBE_LISTS, youtubeAccount } from './youtube-lists.js';
import { youtubeRateLimit } from './youtube-rate-limit.js';
import { YOUTUBE_REFUSALS } from './youtube-refusals.js';
import { channelPage } from './youtube-schemas.js';

/** YouTube's Data API v3. Source: developers.google.com/youtube/v3/docs. Watch history is not in it. */
export const youtube = definePlatform({
  name: 'youtube',
  title: 'YouTube',
  reads: [
    'your channel',
    'channels you subscribed to',
    'videos you liked, and what they are about',
    'videos you uploaded',
    'your playlists and what is in them',
  ],
  oauth: {
    authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    revokeUrl: 'https://oauth2.googleapis.com/revoke',
    appsUrl: 'https://myaccount.google.com/permissions',
    scopes: ['https://www.googleapis.com/auth/youtube.readonly'],
    clientAuthentication: 'body',
    // Without both there is no refresh token, or only at the first consent.
    authorizeParameters: { access_type: 'offline', prompt: 'consent' },
  },
  apiUrl: 'https://youtube.googleapis.com',
  refusals: YOUTUBE_REFUSALS,
  rateLimitedUntil: youtubeRateLimit,
  limitedBy: 'app',
  budget: { requests: 10_000, perMs: 86_400_000 },
  ...readLists({
    provider: 'YouTube',
    profile: {
      title: 'Channel',
      account: youtubeAccount,
      /** Many accounts have no channel; they may still have likes, which are always the playlist `LL`. */
      async read(client) {
        const query = { part: 'snippet,contentDetails,statistics,topicDetails', mine: 'true', maxResults: 50 };
        const { data } = await client.get('/youtube/v3/channels', channelPage, { query });
        const [channel] = data.items;
        if (channel === UNREADABLE || channel === null) {
          throw new PlatformError('PLATFORM_BAD_ANSWER', 'YouTube named a channel without id');
        }
        const related = channel?.contentDetails?.relatedPlaylists;
        const account = { likes: related?.likes || 'LL', uploads: related?.uploads || null };
        return { account, ids: [channel?.id ?? ''], item: channel ? channelItem(channel) : null };
      },
    },
    lists: YOUTUBE_LISTS,
  }),
});
