import type { StandIn } from '../stand-in.js';
import type { TokenFault, TokenRefusal } from '../token-error.js';
import { githubApi, githubError } from './api.js';
import { PERSONAS } from './personas.js';

const DOCUMENTATION =
  'https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors';

/** GitHub's names and words for what can be wrong with a token request. */
const REFUSALS: Readonly<Record<TokenFault, readonly [code: string, description: string]>> = {
  invalid_request: ['bad_verification_code', 'The code passed is incorrect or expired.'],
  invalid_grant: ['bad_verification_code', 'The code passed is incorrect or expired.'],
  invalid_client: ['incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'],
  redirect_uri_mismatch: [
    'redirect_uri_mismatch',
    'The redirect_uri MUST match the registered callback URL for this application.',
  ],
  unsupported_grant_type: ['unsupported_grant_type', 'The grant type is not supported.'],
};

/**
 * Stands in for GitHub's OAuth apps and REST API. Besides tokens from its consent page it takes
 * `github_pat_sandbox_<persona>` (`github_pat_sandbox_night-owl`) as that persona's own read-only token: it opens
 * nothing but invented data, so it may be shown and written down.
 */
export const github: StandIn = {
  name: 'github',
  title: 'GitHub',
  personas: PERSONAS,
  oauth: {
    scopes: {
      'read:user': 'Your profile',
      'user:email': 'Your email addresses',
      'read:org': 'The organisations you belong to',
      user: 'Your profile and email addresses, also to change them',
      public_repo: 'Your public repositories, also to change them',
      repo: 'All your repositories, also private ones and to change them',
      gist: 'Your gists, also secret ones and to change them',
      notifications: 'Your notifications',
    },
    unknownScopes: 'ignored',
    scopeSeparator: ',',
    clientAuthentication: ['body', 'basic'],
    codeSeconds: 600,
    accessTokenSeconds: null,
    refreshTokenDays: null,
    tokenAnswers: 'form unless json is accepted',
    tokenRefusal,
    personalTokenPrefix: 'github_pat_sandbox_',
  },
  errorBody: githubError,
  faultMessages: {
    400: 'Bad Request',
    401: 'Bad credentials',
    403: 'Forbidden',
    404: 'Not Found',
    409: 'Git Repository is empty.',
    422: 'Validation Failed',
    429: 'API rate limit exceeded',
    451: 'Repository access blocked',
    500: 'Server Error',
    502: 'Server Error',
    503: 'Service unavailable',
  },
  loop: (body, address, response) => {
    response.set('Link', `<${address.href}>; rel="next"`);
    return body;
  },
  api: githubApi,
};

/** GitHub refuses with status 200. */
function tokenRefusal(fault: TokenFault): TokenRefusal {
  const [error, description] = REFUSALS[fault];
  const anchor = error.replaceAll('_', '-');
  return { status: 200, body: { error, error_description: description, error_uri: `${DOCUMENTATION}#${anchor}` } };
}
