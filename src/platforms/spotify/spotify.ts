import { accountCursor } from '../cursors.js';
import type { PlatformClient } from '../platform-client.js';
import { definePlatform, type ExtractionContext, type ExtractionPage } from '../platform.js';
import {
  firstCheckpoint,
  SECTION_NAMES,
  spotifyCheckpointSchema,
  type SpotifyCheckpoint,
} from './spotify-checkpoint.js';
import { profileItem } from './spotify-items.js';
import type { Trails } from './spotify-lists.js';
import { readPlaylists } from './spotify-playlists.js';
import { profileSchema } from './spotify-schemas.js';
import { doneAt, readSection } from './spotify-sections.js';

/** Spotify's Web API, as it is since 2026. Sources: developer.spotify.com/documentation/web-api and its OpenAPI document. */
export const spotify = definePlatform<SpotifyCheckpoint>({
  name: 'spotify',
  title: 'Spotify',
  reads: [
    'your profile',
    'what you played recently',
    'your top artists and tracks',
    'saved tracks, albums, shows and episodes',
    'your playlists and what is in them',
    'artists you follow',
  ],
  oauth: {
    authorizeUrl: 'https://accounts.spotify.com/authorize',
    tokenUrl: 'https://accounts.spotify.com/api/token',
    // Spotify takes no tokens back.
    appsUrl: 'https://www.spotify.com/account/apps/',
    // developer.spotify.com/blog/2026-06-18-refresh-token-expiration
    grantMonths: 6,
    scopes: [
      'user-read-private',
      'user-read-recently-played',
      'user-top-read',
      'user-library-read',
      'playlist-read-private',
      'playlist-read-collaborative',
      'user-follow-read',
      'user-read-playback-position',
    ],
    clientAuthentication: 'basic',
  },
  apiUrl: 'https://api.spotify.com',
  // The limit is the app's, over 30 s, and its size is not told; developers found about three requests a second.
  limitedBy: 'app',
  budget: { requests: 90, perMs: 30_000 },
  // Nobody plays fifty songs of usual length within two hours.
  polling: { kind: 'play', keeps: 50, everyMs: 7_200_000 },
  bounds: {
    'saved-track': 20_000,
    'saved-album': 8_000,
    'saved-show': 20_000,
    'saved-episode': 20_000,
    'followed-artist': 20_000,
    playlist: 2_000,
    'playlist-item': 10_000,
  },
  // The newest lists are shown, and those of a year before for comparison.
  keepDays: { 'top-artist': 400, 'top-track': 400 },
  checkpointSchema: spotifyCheckpointSchema,

  async *extract(client, checkpoint, context) {
    let at = checkpoint;
    if (at === undefined) {
      const profile = await readProfile(client, context);
      yield profile;
      at = profile.checkpoint;
    }
    const trails: Trails = { list: new Set(), items: new Set() };
    while (at.section !== 'end') {
      const { section } = at;
      if (context.scope === 'recent' && section !== 'recently-played') return;
      const page: ExtractionPage<SpotifyCheckpoint> =
        section === 'playlists'
          ? await readPlaylists(client, at, trails, context)
          : await readSection(client, at, section, trails.list, context);
      yield page;
      at = page.checkpoint;
    }
  },
});

/** Nothing can be read without the profile: if Spotify refuses it, the account is not on the app's list, which is an error. */
async function readProfile(
  client: PlatformClient,
  context: ExtractionContext,
): Promise<ExtractionPage<SpotifyCheckpoint>> {
  const { data: profile } = await client.get('/v1/me', profileSchema);
  const item = profileItem(profile);
  const ids = [profile.account_id, profile.id].flatMap((id) => id || []);
  const done = doneAt(SECTION_NAMES[0], 0, 0);
  const checkpoint = firstCheckpoint(ids, context.now.toISOString(), done);
  const account = accountCursor(context, ids[0] ?? '');
  return { items: item ? [item] : [], checkpoint, done, step: 'Profile', ...account };
}
