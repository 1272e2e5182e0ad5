import { ApiError } from '../../http/api-error.js';
import { normalizedPassword } from './passwords.js';
import { usernameKey } from './usernames.js';

/**
 * Refuses what everybody tries first: the passwords that are used most, in large or small letters, and one's own name.
 * @throws ApiError 422 `PASSWORD_TOO_COMMON`
 */
export async function refuseCommon(password: string, username: string): Promise<void> {
  // Only when a password is chosen: most processes never need it.
  const { COMMON_PASSWORDS } = await import('./common-password-list.js');
  const tried = normalizedPassword(password).toLowerCase();
  if (!COMMON_PASSWORDS.has(tried) && usernameKey(password) !== usernameKey(username)) return;
  throw new ApiError(
    422,
    'PASSWORD_TOO_COMMON',
    'This password is among those that everybody tries first. Choose another one, such as a few words that nobody would put together.',
  );
}
