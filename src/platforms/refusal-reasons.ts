import type { HttpAnswer } from './http-exchange.js';
import type { PlatformError, PlatformErrorCode } from './platform-error.js';
import { accessEnded, type Problem, type Refusal } from './problem.js';

/** A row of a platform's table of reasons: a refusal, and how it is recognised. */
export interface RefusalReason extends Refusal {
  readonly statuses: readonly number[];
  /** In the body, which may be JSON, text or a page. */
  readonly says?: RegExp;
  /** In a header instead, whose name is in lower case. */
  readonly header?: readonly [name: string, value: RegExp];
}

/** How much of a body is searched; patterns could take long for a very long one. Providers name reasons at its beginning. */
const SEARCHED = 10_000;

/** The first row that an unsuccessful answer has the signs of; undefined if the reason is not known. */
export function reasonOf(
  reasons: readonly RefusalReason[],
  { status, headers, body }: HttpAnswer,
): RefusalReason | undefined {
  const text = body.slice(0, SEARCHED);
  return reasons.find(({ statuses, says, header }) => {
    if (!statuses.includes(status)) return false;
    return says?.test(text) === true || (header !== undefined && header[1].test(headers.get(header[0]) ?? ''));
  });
}

/** What a failure means where the provider named no reason that we know. */
const UNKNOWN: Readonly<Record<PlatformErrorCode, (title: string, status: string) => Problem>> = {
  PLATFORM_RATE_LIMITED: (title) => ({
    code: 'SLOW_DOWN',
    actor: 'nobody',
    message: `${title} asked us to slow down. Reading goes on by itself.`,
  }),
  PLATFORM_UNAUTHORIZED: accessEnded,
  PLATFORM_FORBIDDEN: (title, status) => ({
    code: 'PLATFORM_FORBIDDEN',
    actor: 'provider',
    message: `${title} refused${status}, and named no reason that we know.`,
  }),
  PLATFORM_NOT_FOUND: (title, status) => ({
    code: 'PLATFORM_NOT_FOUND',
    actor: 'provider',
    message: `${title} does not have what we asked for${status}.`,
  }),
  PLATFORM_REFUSED: (title, status) => ({
    code: 'PLATFORM_REFUSED',
    actor: 'operator',
    message: `${title} does not take our request${status}. The operator has to look.`,
  }),
  PLATFORM_BAD_ANSWER: (title) => ({
    code: 'PLATFORM_BAD_ANSWER',
    actor: 'operator',
    message: `${title} gave an answer that we do not understand. The operator has to look.`,
  }),
  PLATFORM_UNAVAILABLE: (title) => ({
    code: 'PLATFORM_UNAVAILABLE',
    actor: 'provider',
    message: `${title} does not answer at the moment.`,
  }),
};

/** The refusal of a provider that limits requests, where its reason is not known any more. */
export function slowDown(title: string): Refusal {
  return { ...UNKNOWN.PLATFORM_RATE_LIMITED(title, ''), concerns: 'pace' };
}

/** Nobody refused: this server asks no more, so that the provider has no cause to. */
export function atOurPace(title: string): Refusal {
  return {
    code: 'OWN_LIMIT',
    concerns: 'pace',
    actor: 'nobody',
    message: `For now this server has asked ${title} as often as it may. Reading goes on by itself.`,
  };
}

/** What a refusal tells of its reason. */
export function problemIn({ code, message, actor }: Refusal): Problem {
  return { code, message, actor };
}

/** Why a request failed, in words for the person: the reason that was recognised, or what is known without one. */
export function problemOf({ code, details: { refusal, status } }: PlatformError, title: string): Problem {
  return refusal ? problemIn(refusal) : UNKNOWN[code](title, status === undefined ? '' : ` (${status})`);
}
