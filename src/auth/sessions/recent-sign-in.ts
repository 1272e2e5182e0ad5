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
