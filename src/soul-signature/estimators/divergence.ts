/** Blocks of a comparison, and how many ways there are to halve them when the halves may be swapped. */
export const BLOCKS = 12;
const HALF = BLOCKS / 2;

/** All 462 halvings of 12 blocks, as the bits of the half that holds block 0; the first is 0–5 against 6–11. */
const SPLITS: readonly number[] = (() => {
  const splits: number[] = [];
  for (let bits = 1; bits < 1 << BLOCKS; bits += 2) {
    let size = 0;
    for (let block = 0; block < BLOCKS; block++) size += (bits >> block) & 1;
    if (size === HALF) splits.push(bits);
  }
  const recent = (1 << HALF) - 1;
  return [recent, ...splits.filter((bits) => bits !== recent)];
})();

/** What the comparison of the latest six blocks with the six before says. */
export interface Drift {
  /** Jensen–Shannon divergence of the real split, bits. */
  readonly observed: number;
  /** Observed minus the mean over all splits: what is beyond the divergence of random halves. */
  readonly excess: number;
  /** Standard deviation of the divergence over the splits. */
  readonly spread: number;
  /** Exact: the share of the splits that diverge at least as much, the real one included. */
  readonly p: number;
}

/**
 * Jensen–Shannon divergence (Lin 1991) between the key-days of the latest six 28-day blocks and the six before, held
 * against all 462 ways to halve the same blocks: the divergence itself is large for small samples without any change.
 * `rows` are counts by block, block 0 the latest. Null where some half is empty.
 */
export function drift(rows: readonly (readonly number[])[]): Drift | null {
  const patterns = new Map<string, { row: readonly number[]; times: number }>();
  for (const row of rows) {
    if (!row.some((count) => count > 0)) continue;
    const name = row.join();
    const known = patterns.get(name);
    if (known) known.times += 1;
    else patterns.set(name, { row, times: 1 });
  }
  const sorted = [...patterns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pattern]) => pattern);
  const all = SPLITS.map((split) => divergence(sorted, split));
  const [observed] = all;
  if (observed === undefined || all.some(Number.isNaN)) return null;
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1));
  const p = all.filter((value) => value >= observed - 1e-12).length / all.length;
  return { observed, excess: observed - mean, spread, p };
}

/** Bits between the two halves: H(mixture) − mean of the halves' entropies; NaN where a half is empty. */
function divergence(patterns: readonly { row: readonly number[]; times: number }[], split: number): number {
  const inside = new Float64Array(patterns.length);
  const outside = new Float64Array(patterns.length);
  let [a, b] = [0, 0];
  for (const [i, { row, times }] of patterns.entries()) {
    let [mine, rest] = [0, 0];
    for (let block = 0; block < BLOCKS; block++) {
      const count = row[block] ?? 0;
      if ((split >> block) & 1) mine += count;
      else rest += count;
    }
    inside[i] = mine;
    outside[i] = rest;
    a += mine * times;
    b += rest * times;
  }
  let sum = 0;
  for (const [i, { times }] of patterns.entries()) {
    const p = (inside[i] ?? 0) / a;
    const q = (outside[i] ?? 0) / b;
    const middle = (p + q) / 2;
    let part = 0;
    if (p > 0) part += p * Math.log2(p / middle);
    if (q > 0) part += q * Math.log2(q / middle);
    sum += (times * part) / 2;
  }
  return sum;
}
