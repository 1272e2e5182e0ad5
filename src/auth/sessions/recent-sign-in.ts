import { ApiError } from '../../http/api-error.js';
import type { Identity } from '../tokens.js';

/**
 * Refuses what cannot be undone, or lets others in, where a session stands open for long. Bearer tokens pass: they are sent
 * on purpose.
 * @throws ApiError 403 `SIGN_IN_AGAIN`
 */
export function requireRecentSignIn({ session }: Identity): void {
  if (session === undefined || session.recent) return;
  throw new ApiError(403, 'SIGN_IN_AGAIN', 'Your sign-in is older than ten minutes. Sign in again to do this.');
}

/**
 * Refuses what decides how somebody comes in where no session has just begun: no token may do that.
 * @throws ApiError 403 `SIGN_IN_AGAIN`
 */
export function requireRecentSession(
  identity: Identity,
): asserts identity is Identity & Required<Pick<Identity, 'session'>> {
  if (!identity.session) {
    throw new ApiError(403, 'SIGN_IN_AGAIN', 'No token may decide how somebody comes in. Sign in on the page.');
  }
  requireRecentSignIn(identity);
}
