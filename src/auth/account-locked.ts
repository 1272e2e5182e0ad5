import { ApiError } from '../http/api-error.js';

/** The refusal of somebody whom an administrator has locked, in whatever way they come. */
export function accountLocked(): ApiError {
  return new ApiError(
    403,
    'ACCOUNT_LOCKED',
    'This account is locked, and nothing in it is deleted. Whoever runs this server can unlock it: please ask them.',
  );
}
