import { PlatformError } from './platform-error.js';

/*
 * Which failures concern one list, in one place: a stale page begins its list anew, a list that is refused or not
 * understood ends with a warning, and everything else ends the run.
 */

/** Whether the provider no longer understands the page or the cursor at which it was asked to go on. */
export function isStale(error: unknown): boolean {
  return error instanceof PlatformError && (error.code === 'PLATFORM_REFUSED' || error.code === 'PLATFORM_NOT_FOUND');
}

/** Whether the provider gives no access to the list, now and later; 451 is for legal reasons. */
function isRefusal({ code, details: { status } }: PlatformError): boolean {
  return code === 'PLATFORM_FORBIDDEN' || code === 'PLATFORM_NOT_FOUND' || status === 451;
}

/** Whether the provider's answer was none to what was asked, however often. */
export function isUnclear({ code }: PlatformError): boolean {
  return code === 'PLATFORM_BAD_ANSWER';
}

/** Whether only this list ends with a failure. */
export function endsList(error: unknown): error is PlatformError {
  return error instanceof PlatformError && (isRefusal(error) || isUnclear(error));
}
