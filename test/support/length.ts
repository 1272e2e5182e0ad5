/**
 * How long the tests are: `TESTS=full` is what is promised, with every engine, all numbers, and three seeds where there are
 * seeds. Otherwise the same tests run in smaller numbers, and what runs on several engines alike runs on one of them.
 */
const FULL = process.env['TESTS'] === 'full';

/** Each chooses other victims and moments. `SEED=<n>` repeats one. */
export const SEEDS: readonly number[] = process.env['SEED'] ? [Number(process.env['SEED'])] : inFull([1, 2, 3], [1]);

/** What the full form of a test takes, or what its short form does. */
export function inFull<T>(full: T, short: T): T {
  return FULL ? full : short;
}
