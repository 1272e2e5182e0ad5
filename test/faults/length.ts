/**
 * How much is done to the product: `FAULTS=full` is what is promised, with three seeds; otherwise the same faults in
 * smaller numbers, with one. `SEED=<n>` repeats one seed.
 */
const FULL = process.env['FAULTS'] === 'full';

const CHOSEN = process.env['SEED'];
const USUAL = FULL ? [1, 2, 3] : [1];

/** Each chooses other victims and moments. */
export const SEEDS: readonly number[] = CHOSEN === undefined ? USUAL : [Number(CHOSEN)];

/** The number of the full suite, or that of the short one. */
export function times(full: number, short: number): number {
  return FULL ? full : short;
}
