import type { StandIn } from '../stand-in.js';
import { standardRefusal } from '../token-error.js';
import { spotifyApi, spotifyError } from './api.js';
import { ARCHIVES } from './archives.js';
import { PERSONAS } from './personas.js';

/** Stands in for Spotify's accounts service and Web API, as a development-mode app meets them in 2026. */
export const spotify: StandIn = {
  name: 'spotify',
  title: 'Spotify',
  personas: PERSONAS,
  archives: ARCHIVES,
  oauth: {
    scopes: {
      'user-read-private': 'Your country and kind of subscription',
      'user-read-email': 'Your email address',
      'user-read-recently-played': 'The tracks you played last',
      'user-top-read': 'Your top artists and tracks',
      'user-library-read': 'The tracks, albums, shows and episodes you saved',
      'playlist-read-private': 'Your private playlists',
      'playlist-read-collaborative': 'Playlists you make together with others',
      'user-follow-read': 'The artists you follow',
      'user-read-playback-position': 'How far you listened to episodes',
    },
    unknownScopes: 'refused',
    scopeSeparator: ' ',
    clientAuthentication: ['basic', 'body', 'none'],
    codeSeconds: 60,
    accessTokenSeconds: 3_600,
    refreshTokenDays: 182,
    tokenAnswers: 'json',
    tokenRefusal: standardRefusal,
    personalTokenPrefix: null,
  },
  errorBody: spotifyError,
  faultMessages: {
    400: 'Bad request',
    401: 'The access token expired',
    403: 'Forbidden',
    404: 'Resource not found',
    429: 'API rate limit exceeded',
    500: 'Server error',
    502: 'Bad gateway',
    503: 'Service unavailable',
  },
  loop: (body, address) => {
    const { artists, ...page } = body as { artists?: object };
    const next = address.href;
    return artists ? { artists: { ...artists, next } } : { ...page, next };
  },
  api: spotifyApi,
};
