import type { StandIn } from '../stand-in.js';
import { standardRefusal } from '../token-error.js';
import { youtubeApi, youtubeError } from './api.js';
import { PERSONAS } from './personas.js';
import { ARCHIVES } from './takeout.js';

/** Stands in for Google's accounts and YouTube's Data API v3. */
export const youtube: StandIn = {
  name: 'youtube',
  title: 'YouTube',
  personas: PERSONAS,
  archives: ARCHIVES,
  oauth: {
    scopes: { 'https://www.googleapis.com/auth/youtube.readonly': 'Your YouTube account' },
    unknownScopes: 'refused',
    scopeSeparator: ' ',
    clientAuthentication: ['body', 'basic'],
    codeSeconds: 600,
    accessTokenSeconds: 3_599,
    refreshTokenDays: 182,
    keepsRefreshTokens: true,
    tokenAnswers: 'json',
    tokenRefusal: standardRefusal,
    personalTokenPrefix: null,
  },
  errorBody: youtubeError,
  faultMessages: {
    400: 'badRequest',
    401: 'authError',
    403: 'forbidden',
    404: 'notFound',
    429: 'rateLimitExceeded',
    500: 'backendError',
    503: 'backendError',
  },
  // A page without a token is the first, whose own token is the one that leads to its begin.
  loop: (body, address) => ({
    ...(body as object),
    nextPageToken: address.searchParams.get('pageToken') ?? Buffer.from('page:0').toString('base64url'),
  }),
  api: youtubeApi,
};
