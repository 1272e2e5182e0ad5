import type { RecordedRefusal } from './recorded-refusal.js';

/** What YouTube refuses with. */
export const YOUTUBE: readonly Omit<RecordedRefusal, 'platform'>[] = [
  {
    source: 'developers.google.com/youtube/v3/docs/errors',
    status: 403,
    body: google(
      403,
      'youtube.quota',
      'quotaExceeded',
      'The request cannot be completed because you have exceeded your quota.',
    ),
    ...{ code: 'QUOTA_SPENT', actor: 'nobody', concerns: 'pace' },
  },
  {
    source: 'github.com/SMAPPNYU/youtube-data-api/issues/22',
    status: 403,
    body: google(
      403,
      'usageLimits',
      'dailyLimitExceeded',
      'Daily Limit Exceeded. The quota will be reset at midnight Pacific Time (PT).',
    ),
    ...{ code: 'QUOTA_SPENT', actor: 'nobody', concerns: 'pace' },
  },
  {
    source: 'github.com/googleapis/google-api-python-client/issues/2753',
    status: 429,
    body: google(
      429,
      'global',
      'rateLimitExceeded',
      "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'youtube.googleapis.com' for consumer 'project_number:1'.",
    ),
    ...{ code: 'QUOTA_SPENT', actor: 'nobody', concerns: 'pace' },
  },
  {
    source: 'the same, for a limit that is short',
    status: 429,
    body: google(
      429,
      'global',
      'rateLimitExceeded',
      "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'youtube.googleapis.com' for consumer 'project_number:1'.",
    ),
    ...{ code: 'SLOW_DOWN', actor: 'nobody', concerns: 'pace' },
  },
  {
    source: 'github.com/rasguanabana/ytfs/issues/31',
    status: 403,
    body: google(
      403,
      'usageLimits',
      'accessNotConfigured',
      'Access Not Configured. YouTube Data API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/youtube.googleapis.com/overview?project=1 then retry.',
    ),
    ...{ code: 'API_NOT_ENABLED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'cloud.google.com/apis/design/errors (google.rpc.ErrorInfo)',
    status: 403,
    body: {
      error: {
        ...{
          code: 403,
          message: "Permission denied: Consumer 'project_number:1' has been suspended.",
          status: 'PERMISSION_DENIED',
        },
        errors: [
          {
            message: "Permission denied: Consumer 'project_number:1' has been suspended.",
            domain: 'global',
            reason: 'forbidden',
          },
        ],
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'CONSUMER_SUSPENDED',
            domain: 'googleapis.com',
          },
        ],
      },
    },
    ...{ code: 'APP_SUSPENDED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'github.com/tokland/youtube-upload/issues/333',
    ...{ status: 401, body: google(401, 'youtube.header', 'youtubeSignupRequired', 'Unauthorized') },
    ...{ code: 'NO_YOUTUBE_ACCOUNT', actor: 'person', concerns: 'part' },
  },
  {
    source: 'developers.google.com/youtube/v3/docs/errors',
    ...{ status: 403, body: google(403, 'youtube.common', 'authenticatedUserAccountSuspended', 'Account suspended.') },
    ...{ code: 'ACCOUNT_CLOSED', actor: 'person', concerns: 'everything' },
  },
  {
    source: 'developers.google.com/youtube/v3/docs/errors',
    ...{ status: 403, body: google(403, 'youtube.common', 'accountDelegationForbidden', 'Delegation forbidden.') },
    ...{ code: 'DELEGATION_REFUSED', actor: 'person', concerns: 'everything' },
  },
  {
    source: 'developers.google.com/youtube/v3/docs/subscriptions/list#errors',
    status: 403,
    body: google(
      403,
      'youtube.subscription',
      'subscriptionForbidden',
      'The requester is not allowed to access the requested subscriptions.',
    ),
    ...{ code: 'NOT_FOR_APPS', actor: 'nobody', concerns: 'part' },
  },
  {
    source: 'github.com/tokland/youtube-upload/issues/74',
    status: 403,
    body: google(403, 'global', 'insufficientPermissions', 'Request had insufficient authentication scopes.'),
    ...{ code: 'SCOPE_MISSING', actor: 'person', concerns: 'part' },
  },
  {
    source: 'developers.google.com/youtube/v3/docs/errors',
    ...{ status: 403, body: google(403, 'global', 'forbidden', 'The request might not be properly authorized.') },
    ...{ code: 'SCOPE_MISSING', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/Elijas/auto-youtube-subscription-playlist-2/issues/86',
    status: 404,
    body: google(
      404,
      'youtube.playlistItem',
      'playlistNotFound',
      "The playlist identified with the request's <code>playlistId</code> parameter cannot be found.",
    ),
    ...{ code: 'NOTHING_THERE', actor: 'nobody', concerns: 'nothing' },
  },
  {
    source: 'github.com/tokland/shoogle/issues/2',
    ...{ status: 404, body: google(404, 'youtube.playlist', 'channelNotFound', 'Channel not found.') },
    ...{ code: 'NOTHING_THERE', actor: 'nobody', concerns: 'nothing' },
  },
  {
    source: 'developers.google.com/youtube/v3/docs/core_errors',
    ...{ status: 401, body: google(401, 'global', 'authError', 'Invalid Credentials') },
    ...{ code: 'NEEDS_RECONNECT', actor: 'person', concerns: 'grant' },
  },
];

function google(code: number, domain: string, reason: string, message: string): object {
  return { error: { code, message, errors: [{ message, domain, reason }] } };
}
