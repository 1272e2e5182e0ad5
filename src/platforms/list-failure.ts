import { PlatformError } from './platform-error.js';
import type { ExtractionContext } from './platform.js';

/*
 * Which failures concern one list, in one place: a stale page begins its list anew; a list that is refused, not understood
 * or failing alone ends with a warning; everything else ends the run.
 */

/** Whether the provider no longer understands the page or the cursor at which it was asked to go on. */
export function isStale(error: unknown): boolean {
  return error instanceof PlatformError && (error.code === 'PLATFORM_REFUSED' || error.code === 'PLATFORM_NOT_FOUND');
}

/**
 * How a failure may concern one list: the provider refuses it, gives what is not understood, or fails at it without saying
 * until when. Undefined for what concerns everything: the grant, a limit, a wait, and what the provider refuses to the app
 * or the account as a whole, as every other list would be refused alike.
 */
export function failureOf({ code, details }: PlatformError): 'refused' | 'unclear' | 'outage' | undefined {
  if (details.refusal?.concerns === 'everything') return undefined;
  switch (code) {
    case 'PLATFORM_FORBIDDEN':
    case 'PLATFORM_NOT_FOUND':
    case 'PLATFORM_REFUSED':
      return 'refused';
    case 'PLATFORM_BAD_ANSWER':
      return 'unclear';
    case 'PLATFORM_UNAVAILABLE':
      return details.retryAt === undefined ? 'outage' : undefined;
    case 'PLATFORM_UNAUTHORIZED':
    case 'PLATFORM_RATE_LIMITED':
      return undefined;
  }
}

/**
 * Whether only this list ends with a failure. An outage is first taken for the whole provider's: the run fails, and the
 * job is tried again. In its last attempt another request tells: if that is answered, the list alone is failing, and it
 * is left out. So a provider that is down still fails the job, and one repository that is broken for ever does not.
 * @param other asks for the same list of another owner, or for the profile where there is none
 */
export async function endsList(
  error: PlatformError,
  { willRetry = false }: Pick<ExtractionContext, 'willRetry'>,
  other: () => Promise<unknown>,
): Promise<boolean> {
  const failure = failureOf(error);
  return failure === 'outage' ? !willRetry && (await isAnswered(other)) : failure !== undefined;
}

/** A refusal is an answer, too. */
async function isAnswered(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof PlatformError) return failureOf(error) === 'refused';
    throw error;
  }
}

/** Whether the account has no such list, which is as good as an empty one. */
export function isAbsent(error: unknown): boolean {
  return error instanceof PlatformError && error.details.refusal?.concerns === 'nothing';
}
