import { accessEnded } from '../problem.js';
import type { RefusalReason } from '../refusal-reasons.js';

/** Why Spotify refuses; the first two come as plain text. Source: developer.spotify.com/documentation/web-api/concepts/quota-modes. */
export const SPOTIFY_REFUSALS: readonly RefusalReason[] = [
  {
    code: 'USER_NOT_REGISTERED',
    statuses: [403],
    says: /user (is |may )?not (be )?registered|user not approved for app/i,
    concerns: 'everything',
    actor: 'operator',
    message:
      'Spotify does not know this account as one that may use this server. The operator has to add it in Spotify’s Developer Dashboard.',
  },
  {
    code: 'APP_OWNER_NOT_PREMIUM',
    statuses: [403],
    says: /premium subscription required for the owner of the app/i,
    concerns: 'everything',
    actor: 'operator',
    message:
      'Spotify answers this server only while its operator has Spotify Premium. The operator has to renew it; Spotify may take some hours to notice.',
  },
  {
    code: 'SCOPE_MISSING',
    statuses: [401, 403],
    says: /permissions missing|insufficient client scope/i,
    concerns: 'part',
    actor: 'person',
    message: 'You did not allow us to read this. Reconnect Spotify and allow what is asked for.',
  },
  {
    ...accessEnded('Spotify'),
    statuses: [401],
    says: /access token expired|invalid (access|bearer) token|no token provided/i,
    concerns: 'grant',
  },
];
