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

/** Different rows one after the other, and how many keys have each. */
interface Patterns {
  readonly flat: Float64Array;
  readonly times: readonly number[];
}

/** The comparison of the latest six blocks with the six before. */
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
  const flat = { flat: Float64Array.from(sorted.flatMap(({ row }) => row)), times: sorted.map(({ times }) => times) };
  const all = SPLITS.map((split) => divergence(flat, split));
  const [observed] = all;
  if (observed === undefined || all.some(Number.isNaN)) return null;
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1));
  const p = all.filter((value) => value >= observed - 1e-12).length / all.length;
  return { observed, excess: observed - mean, spread, p };
}

/** Bits between the two halves: H(mixture) − mean of the halves' entropies; NaN where a half is empty. */
function divergence({ flat, times }: Patterns, split: number): number {
  const inside: number[] = [];
  const outside: number[] = [];
  for (let block = 0; block < BLOCKS; block++) ((split >> block) & 1 ? inside : outside).push(block);
  const mine = new Float64Array(times.length);
  const rest = new Float64Array(times.length);
  let [a, b] = [0, 0];
  for (let i = 0; i < times.length; i++) {
    const row = i * BLOCKS;
    let [x, y] = [0, 0];
    for (let k = 0; k < HALF; k++) {
      x += flat[row + (inside[k] ?? 0)] ?? 0;
      y += flat[row + (outside[k] ?? 0)] ?? 0;
    }
    mine[i] = x;
    rest[i] = y;
    a += x * (times[i] ?? 0);
    b += y * (times[i] ?? 0);
  }
  let sum = 0;
  for (let i = 0; i < times.length; i++) {
    const p = (mine[i] ?? 0) / a;
    const q = (rest[i] ?? 0) / b;
    sum += ((times[i] ?? 0) * (partOf(p, p + q) + partOf(q, p + q))) / 2;
  }
  return sum;
}

/** p·log₂(p/m), m the middle of both halves; a key that is in one half only adds all of its share. */
function partOf(p: number, both: number): number {
  return p === 0 ? 0 : p * Math.log2((2 * p) / both);
}
