import type { RecordedRefusal } from './recorded-refusal.js';

/** What Spotify refuses with, as text or as JSON. */
export const SPOTIFY: readonly Omit<RecordedRefusal, 'platform'>[] = [
  {
    source: 'github.com/zmb3/spotify/issues/232 (46 bytes that are no JSON)',
    ...{ status: 403, body: 'User not registered in the Developer Dashboard' },
    ...{ code: 'USER_NOT_REGISTERED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'github.com/Lioncat6/OSC-Chat-Tools/issues/32',
    status: 403,
    body: spotify(
      403,
      'The user is not registered for this application. Please check your settings on https://developer.spotify.com/dashboard.',
    ),
    ...{ code: 'USER_NOT_REGISTERED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'github.com/Lioncat6/OSC-Chat-Tools/issues/22',
    status: 403,
    body: 'Check settings on developer.spotify.com/dashboard, the user may not be registered.',
    ...{ code: 'USER_NOT_REGISTERED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'github.com/spotipy-dev/spotipy/issues/688',
    ...{ status: 403, body: 'User not approved for app' },
    ...{ code: 'USER_NOT_REGISTERED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'github.com/zmb3/spotify/issues/301 (159 bytes that are no JSON)',
    status: 403,
    body: 'Active premium subscription required for the owner of the app. When the subscription status changes, it can take a few hours before requests are allowed again.',
    ...{ code: 'APP_OWNER_NOT_PREMIUM', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'github.com/spotipy-dev/spotipy/issues/657',
    ...{ status: 401, body: spotify(401, 'Permissions missing') },
    ...{ code: 'SCOPE_MISSING', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/spotify/web-api/issues/507',
    ...{ status: 403, body: spotify(403, 'Insufficient client scope') },
    ...{ code: 'SCOPE_MISSING', actor: 'person', concerns: 'part' },
  },
  {
    source: 'developer.spotify.com/documentation/web-api/concepts/api-calls',
    ...{ status: 401, body: spotify(401, 'The access token expired') },
    ...{ code: 'NEEDS_RECONNECT', actor: 'person', concerns: 'grant' },
  },
];

function spotify(status: number, message: string): object {
  return { error: { status, message } };
}
