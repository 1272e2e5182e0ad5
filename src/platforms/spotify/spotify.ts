import { definePlatform } from '../platform.js';
import { readLists } from '../read-lists.js';
import { profileItem } from './spotify-items.js';
import { SPOTIFY_LISTS, spotifyAccount } from './spotify-lists.js';
import { SPOTIFY_REFUSALS } from './spotify-refusals.js';
import { profileSchema } from './spotify-schemas.js';

/** Spotify's Web API, as it is since 2026. Sources: developer.spotify.com/documentation/web-api and its OpenAPI document. */
export const spotify = definePlatform({
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
  refusals: SPOTIFY_REFUSALS,
  // The limit is the app's, over 30 s, and not published; developers found about three requests a second.
  limitedBy: 'app',
  budget: { requests: 90, perMs: 30_000 },
  ...readLists({
    provider: 'Spotify',
    profile: {
      title: 'Profile',
      account: spotifyAccount,
      async read(client) {
        const { data: profile } = await client.get('/v1/me', profileSchema);
        const ids = [profile.account_id, profile.id].flatMap((id) => id || []);
        return { account: { ids }, ids, item: profileItem(profile) };
      },
    },
    lists: SPOTIFY_LISTS,
  }),
});
