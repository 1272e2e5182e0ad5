import * as openid from 'openid-client';
import { ApiError } from '../../http/api-error.js';
import { NetworkFault } from '../../platforms/http-exchange.js';

/** Seconds after which it is worth asking a provider again. */
const RETRY_AFTER_S = 5;

/** Turns a failure between this server and the provider into an error for the person, without any of what was sent. */
export function explainProviderFailure(error: unknown, title: string): ApiError {
  const because = { cause: error };
  if (error instanceof openid.AuthorizationResponseError) {
    return error.error === 'access_denied'
      ? new ApiError(400, 'OIDC_DENIED', `You did not sign in with ${title}.`, {}, because)
      : new ApiError(502, 'OIDC_REFUSED', `${title} refused to sign you in. Try again.`, {}, because);
  }
  if (isDown(error)) {
    return new ApiError(
      503,
      'OIDC_PROVIDER_DOWN',
      `${title} does not answer at the moment. Try again shortly, or come in another way.`,
      { retryAfter: RETRY_AFTER_S },
      because,
    );
  }
  if (error instanceof openid.ResponseBodyError && error.error === 'invalid_grant') {
    return new ApiError(400, 'OIDC_CODE_REFUSED', `${title} refused its own answer. Sign in again.`, {}, because);
  }
  if (error instanceof openid.ResponseBodyError || error instanceof openid.WWWAuthenticateChallengeError) {
    return new ApiError(
      502,
      'OIDC_CLIENT_REFUSED',
      `${title} does not accept this server. The operator must check the OIDC_* settings.`,
      {},
      because,
    );
  }
  return new ApiError(
    502,
    'OIDC_ANSWER_INVALID',
    `The answer of ${title} is not valid for this sign-in. Sign in again.`,
    {},
    because,
  );
}

/** What went wrong, for the log: the texts of openid-client are constants and have no values in them. */
export function reasonOf({ cause }: ApiError): string {
  if (cause instanceof openid.ResponseBodyError || cause instanceof openid.AuthorizationResponseError) {
    return /^[\w.-]{1,60}$/.test(cause.error) ? cause.error : 'an error';
  }
  return cause instanceof openid.ClientError || cause instanceof NetworkFault ? cause.message : 'an unexpected error';
}

/** Whether there was no answer, or that of a server in trouble: openid-client wraps the errors of its requests. */
function isDown(error: unknown): boolean {
  if (error instanceof openid.ResponseBodyError && error.status >= 500) return true;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (each instanceof NetworkFault) return true;
    if (each.cause instanceof Response) return each.cause.status >= 500;
  }
  return false;
}
