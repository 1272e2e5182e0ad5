import { accountCursor } from '../cursors.js';
import type { PlatformClient } from '../platform-client.js';
import { definePlatform, type ExtractionContext, type ExtractionPage } from '../platform.js';
import {
  firstCheckpoint,
  SECTION_NAMES,
  type YoutubeCheckpoint,
  youtubeCheckpointSchema,
} from './youtube-checkpoint.js';
import { channelItem } from './youtube-items.js';
import { youtubeRateLimit } from './youtube-rate-limit.js';
import { channelPage } from './youtube-schemas.js';
import { doneAt, readSection } from './youtube-sections.js';

/** YouTube's Data API v3. Source: developers.google.com/youtube/v3/docs. Watch history is not in it. */
export const youtube = definePlatform<YoutubeCheckpoint>({
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
  rateLimitedUntil: youtubeRateLimit,
  limitedBy: 'app',
  budget: { requests: 10_000, perMs: 86_400_000 },
  bounds: {
    subscription: 20_000,
    // YouTube itself keeps 5,000.
    'liked-video': 20_000,
    upload: 20_000,
    playlist: 1_000,
    'playlist-item': 20_000,
  },
  checkpointSchema: youtubeCheckpointSchema,

  async *extract(client, checkpoint, context) {
    let at = checkpoint;
    if (at === undefined) {
      const channel = await readChannel(client, context);
      yield channel;
      at = channel.checkpoint;
    }
    const seen = new Set<string>();
    while (at.section !== 'end') {
      const page: ExtractionPage<YoutubeCheckpoint> = await readSection(client, at, at.section, seen, context);
      yield page;
      at = page.checkpoint;
    }
  },
});

/** Many accounts have no channel; they may still have likes, which are always the playlist `LL`. */
async function readChannel(
  client: PlatformClient,
  context: ExtractionContext,
): Promise<ExtractionPage<YoutubeCheckpoint>> {
  const query = { part: 'snippet,contentDetails,statistics,topicDetails', mine: 'true', maxResults: 50 };
  const { data } = await client.get('/youtube/v3/channels', channelPage, { query });
  const [channel] = data.items;
  const related = channel?.contentDetails?.relatedPlaylists;
  const done = doneAt(SECTION_NAMES[0], 0, 0);
  const checkpoint = firstCheckpoint(
    { likes: related?.likes || 'LL', uploads: related?.uploads || null, startedAt: context.now.toISOString() },
    done,
  );
  const account = accountCursor(context, channel?.id ?? '');
  return { items: channel ? [channelItem(channel)] : [], checkpoint, done, step: 'Channel', ...account };
}
