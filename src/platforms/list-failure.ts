import { PlatformError } from './platform-error.js';

/*
 * Which failures concern one list, in one place: a stale page begins its list anew, a refused list ends with a warning,
 * and everything else ends the run.
 */

/** Whether the provider no longer understands the page or the cursor at which it was asked to go on. */
export function isStale(error: unknown): boolean {
  return error instanceof PlatformError && (error.code === 'PLATFORM_REFUSED' || error.code === 'PLATFORM_NOT_FOUND');
}

/** Whether the provider gives no access to the list, now and later; 451 is for legal reasons. */
export function isRefusal(error: unknown): error is PlatformError {
  if (!(error instanceof PlatformError)) return false;
  return error.code === 'PLATFORM_FORBIDDEN' || error.code === 'PLATFORM_NOT_FOUND' || error.details.status === 451;
}
