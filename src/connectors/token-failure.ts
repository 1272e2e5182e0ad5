import * as oauth from 'openid-client';
import { ApiError } from '../http/api-error.js';
import { NetworkFault } from '../platforms/http-exchange.js';
import { PlatformError } from '../platforms/platform-error.js';
import type { PlatformAccess } from './platform-access.js';

/** Turns a failure of the token endpoint into an error for the caller, without any of what was sent or received. */
export function explainTokenFailure(error: unknown, { platform, tokenUrl }: PlatformAccess): Error {
  const host = new URL(tokenUrl).host;
  const code = oauthErrorIn(error);
  if (code === 'invalid_grant' || code === 'bad_verification_code') {
    return new ApiError(
      400,
      'CONNECT_CODE_REFUSED',
      `${platform.title} refused the code or grant. Start connecting again.`,
    );
  }
  // A WWW-Authenticate challenge is about the client (RFC 6749 section 5.2), whatever the body is.
  const refused = error instanceof oauth.WWWAuthenticateChallengeError ? 'invalid_client' : code;
  if (
    refused === 'invalid_client' ||
    refused === 'incorrect_client_credentials' ||
    refused === 'unauthorized_client' ||
    refused === 'redirect_uri_mismatch'
  ) {
    return new ApiError(
      502,
      'PROVIDER_REFUSED_CLIENT',
      `${platform.title} does not accept this server's client (${refused}). The operator must check the PLATFORM_* settings.`,
    );
  }
  if (code !== undefined) {
    return new ApiError(502, 'PROVIDER_REFUSED', `${platform.title} refused the token request (${code}).`);
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    return new ApiError(400, 'CONNECT_DENIED', `${platform.title} did not grant access.`);
  }
  const status = statusIn(error);
  if (
    cameFrom(error, PlatformError) ||
    (error instanceof oauth.ClientError &&
      error.code?.startsWith('OAUTH_') &&
      !cameFrom(error, NetworkFault) &&
      (status === undefined || status < 500))
  ) {
    return new ApiError(
      502,
      'PROVIDER_BAD_ANSWER',
      `${platform.title}'s token endpoint (${host}) sent an answer without a token. Try again later.`,
    );
  }
  return new ApiError(
    502,
    'PROVIDER_UNAVAILABLE',
    `${platform.title}'s token endpoint (${host}) ${status === undefined ? 'did not answer' : `answered ${status}`}. Try again shortly.`,
  );
}

/** The OAuth error code, also of an answer with status 200. */
export function oauthErrorIn(error: unknown): string | undefined {
  if (error instanceof oauth.ResponseBodyError) return plain(error.error);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const inner = cause.cause;
    if (typeof inner === 'object' && inner !== null && 'body' in inner) {
      const { body } = inner;
      if (typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string') {
        return plain(body.error);
      }
    }
  }
  return undefined;
}

/** Only well-formed error codes are put into messages. */
function plain(code: string): string {
  return /^[\w.-]{1,60}$/.test(code) ? code : 'unknown_error';
}

/** Whether an error is of this class or was caused by one: openid-client wraps the errors of its requests. */
function cameFrom(error: unknown, kind: typeof PlatformError | typeof NetworkFault): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof kind) return true;
  }
  return false;
}

function statusIn(error: unknown): number | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause.cause instanceof Response) return cause.cause.status;
  }
  return undefined;
}
