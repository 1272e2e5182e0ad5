import type { RecordedRefusal } from './recorded-refusal.js';

/** What GitHub refuses with. */
export const GITHUB: readonly Omit<RecordedRefusal, 'platform'>[] = [
  {
    source: 'github.com/scala-steward-org/scala-steward-action/issues/173',
    status: 403,
    headers: { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso?authorization_request=AAAA' },
    body: github(
      'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
    ),
    ...{ code: 'SSO_REQUIRED', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/github/github-mcp-server/issues/1121',
    status: 403,
    body: github(
      'Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.',
    ),
    ...{ code: 'SSO_REQUIRED', actor: 'person', concerns: 'part' },
  },
  {
    source: 'docs.github.com/organizations/managing-oauth-access-to-your-organizations-data',
    status: 403,
    body: github(
      'Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited. For more information on these restrictions, including how to enable this app, visit https://docs.github.com/articles/restricting-access-to-your-organization-s-data/',
    ),
    ...{ code: 'ORGANISATION_RESTRICTS_APPS', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/fullsend-ai/fullsend/issues/3368',
    status: 403,
    body: github(
      '`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions.',
    ),
    ...{ code: 'ORGANISATION_REFUSES_TOKEN', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/NixOS/org/issues/247',
    status: 403,
    body: github(
      "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 366 days.",
    ),
    ...{ code: 'ORGANISATION_REFUSES_TOKEN', actor: 'person', concerns: 'part' },
  },
  {
    source: 'docs.github.com/organizations/managing-allowed-ip-addresses-for-your-organization',
    status: 403,
    body: github(
      'Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.',
    ),
    ...{ code: 'ADDRESS_NOT_ALLOWED', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/gavinr/github-csv-tools/issues/124',
    ...{ status: 403, body: github('Resource not accessible by personal access token') },
    ...{ code: 'SCOPE_MISSING', actor: 'person', concerns: 'part' },
  },
  {
    source: 'github.com/octokit/octokit.objc/issues/299',
    ...{ status: 403, body: github('You need at least read:org scope or user scope to list your organizations.') },
    ...{ code: 'SCOPE_MISSING', actor: 'person', concerns: 'part' },
  },
  {
    source: 'docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api',
    ...{ status: 403, body: github('Resource not accessible by integration') },
    ...{ code: 'APP_MAY_NOT_READ', actor: 'operator', concerns: 'part' },
  },
  {
    source: 'docs.github.com/rest/repos/repos (repositories taken down)',
    ...{ status: 451, body: { message: 'Repository access blocked', block: { reason: 'dmca' } } },
    ...{ code: 'ACCESS_BLOCKED', actor: 'nobody', concerns: 'part' },
  },
  {
    source: 'github.com/sourcegraph/sourcegraph-public-snapshot/issues/16638',
    ...{ status: 403, body: github('Sorry. Your account was suspended.') },
    ...{ code: 'ACCOUNT_SUSPENDED', actor: 'person', concerns: 'everything' },
  },
  {
    source: 'docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent',
    status: 403,
    body: '\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header.\r\n',
    ...{ code: 'PROGRAM_REFUSED', actor: 'operator', concerns: 'everything' },
  },
  {
    source: 'docs.github.com/rest/authentication/authenticating-to-the-rest-api',
    ...{ status: 401, body: github('Bad credentials') },
    ...{ code: 'NEEDS_RECONNECT', actor: 'person', concerns: 'grant' },
  },
  {
    source: 'github.com/semantic-release/cli/issues/124',
    ...{ status: 403, body: github('Maximum number of login attempts exceeded. Please try again later.') },
    ...{ code: 'SIGN_IN_LOCKED', actor: 'nobody', concerns: 'pace' },
  },
  {
    source: 'docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api',
    status: 403,
    body: github('You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'),
    ...{ code: 'SLOW_DOWN', actor: 'nobody', concerns: 'pace' },
  },
  {
    source: 'github.com/Shippable/support/issues/4629',
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    body: github('API rate limit exceeded for user ID 1.'),
    ...{ code: 'HOURLY_LIMIT', actor: 'nobody', concerns: 'pace' },
  },
];

function github(message: string): object {
  return { message, documentation_url: 'https://docs.github.com/rest' };
}
