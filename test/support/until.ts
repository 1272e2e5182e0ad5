import { setTimeout as sleep } from 'node:timers/promises';

/** Nothing that is waited for takes so long, on a machine however busy. */
export const PATIENCE_MS = 120_000;

/** What takes long is asked for less often, so it is known at most a tenth of that time late. */
const EVERY_MS = 50;
const LATE = 0.1;
const MOST_LATE_MS = 250;

/**
 * Asks until the answer is neither undefined nor false, and returns it. For what can only be polled: where there is an
 * event, tests wait for the event.
 * @throws Error when `limitMs` is over, naming what was waited for and the last failure
 */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  { limitMs = PATIENCE_MS, everyMs }: { readonly limitMs?: number; readonly everyMs?: number } = {},
): Promise<Answer> {
  const begun = Date.now();
  const end = begun + limitMs;
  let failure: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      failure = error;
    }
    await sleep(everyMs ?? Math.max(EVERY_MS, Math.min(LATE * (Date.now() - begun), MOST_LATE_MS)));
  } while (Date.now() < end);
  throw new Error(`Waited ${limitMs} ms in vain for ${what}`, { cause: failure });
}
