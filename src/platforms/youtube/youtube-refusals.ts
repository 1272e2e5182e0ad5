import { accessEnded } from '../problem.js';
import type { RefusalReason } from '../refusal-reasons.js';

const QUOTA_SPENT = {
  code: 'QUOTA_SPENT',
  concerns: 'pace',
  actor: 'nobody',
  message:
    'The daily quota that YouTube gives this server is used up. Reading goes on by itself after midnight Pacific time.',
} as const;

/** Finds the reason that Google's answers name, in `error.errors[]` or in `error.details[]`. */
function named(...reasons: readonly string[]): RegExp {
  return new RegExp(`"reason"\\s*:\\s*"(${reasons.join('|')})"`);
}

/** Why YouTube refuses. Source: developers.google.com/youtube/v3/docs/errors and /youtube/v3/guides/implementation. */
export const YOUTUBE_REFUSALS: readonly RefusalReason[] = [
  { ...QUOTA_SPENT, statuses: [403], says: named('quotaExceeded', 'dailyLimitExceeded') },
  // The newer form of the same: its reason is that of the short limits, and only the limit's name tells them apart.
  {
    ...QUOTA_SPENT,
    statuses: [403, 429],
    says: /rate_?limit_?exceeded[^]*per ?day|per ?day[^]*rate_?limit_?exceeded/i,
  },
  {
    code: 'SLOW_DOWN',
    statuses: [403, 429],
    says: named('rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED'),
    concerns: 'pace',
    actor: 'nobody',
    message: 'YouTube asked us to slow down. Reading goes on by itself.',
  },
  {
    code: 'API_NOT_ENABLED',
    statuses: [403],
    says: named('accessNotConfigured', 'SERVICE_DISABLED'),
    concerns: 'everything',
    actor: 'operator',
    message:
      'YouTube’s API is not switched on for this server. The operator has to enable the “YouTube Data API v3” in the Google Cloud console.',
  },
  {
    code: 'APP_SUSPENDED',
    statuses: [403],
    says: named('CONSUMER_SUSPENDED'),
    concerns: 'everything',
    actor: 'operator',
    message: 'Google has suspended this server’s project. The operator has to settle that in the Google Cloud console.',
  },
  {
    code: 'NO_YOUTUBE_ACCOUNT',
    statuses: [401],
    says: named('youtubeSignupRequired'),
    concerns: 'part',
    actor: 'person',
    message: 'This Google account has no YouTube channel. Create one at YouTube, or connect another account.',
  },
  {
    code: 'ACCOUNT_CLOSED',
    statuses: [403],
    says: named('authenticatedUserAccountClosed', 'authenticatedUserAccountSuspended'),
    concerns: 'everything',
    actor: 'person',
    message: 'YouTube has closed or suspended this account. Ask YouTube’s support to lift that.',
  },
  {
    code: 'DELEGATION_REFUSED',
    statuses: [403],
    says: named('accountDelegationForbidden'),
    concerns: 'everything',
    actor: 'person',
    message: 'This Google account may not act for the chosen channel. Connect YouTube again as the channel’s owner.',
  },
  {
    code: 'NOT_FOR_APPS',
    statuses: [403],
    says: named('subscriptionForbidden', 'playlistItemsNotAccessible', 'channelForbidden', 'playlistForbidden'),
    concerns: 'part',
    actor: 'nobody',
    message: 'YouTube does not show this to any app.',
  },
  {
    code: 'SCOPE_MISSING',
    statuses: [403],
    says: named('insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'forbidden'),
    concerns: 'part',
    actor: 'person',
    message: 'You did not allow us to read this. Reconnect YouTube and allow what is asked for.',
  },
  {
    // A channel without uploads has no list of them, and an account without a channel has no playlists.
    code: 'NOTHING_THERE',
    statuses: [404],
    says: named('channelNotFound', 'playlistNotFound'),
    concerns: 'nothing',
    actor: 'nobody',
    message: 'YouTube has no such list in this account.',
  },
  {
    ...accessEnded('YouTube'),
    statuses: [401],
    says: named('authError', 'required', 'ACCESS_TOKEN_EXPIRED'),
    concerns: 'grant',
  },
];
