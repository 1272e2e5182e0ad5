/**
 * Expected number of different keys among `m` observations drawn without replacement (Hurlbert 1971, rarefaction):
 * S(m) = Σ [1 − C(n−fᵢ, m)/C(n, m)], the ratio being Π (n−m−j)/(n−j) over j < fᵢ. Unbiased at every n ≥ m, unlike the
 * plug-in Σ [1 − (1−fᵢ/n)^m]. Unit: keys, between 1 and m. With n < m it answers S(n), the number of keys seen, which is
 * too small on purpose: only jackknife replicates come there, and a wider interval is the honest consequence.
 *
 * Counts are summed by size, so neither the order nor the names of the keys can change a bit of the result.
 */
export function hurlbert(counts: readonly number[], m: number): number {
  const sizes = new Map<number, number>();
  for (const count of counts) if (count > 0) sizes.set(count, (sizes.get(count) ?? 0) + 1);
  return hurlbertOfSizes(
    [...sizes].sort(([a], [b]) => a - b),
    m,
  );
}

/** The same from how many keys have how large a count, smallest count first. */
export function hurlbertOfSizes(sizes: readonly (readonly [count: number, keys: number])[], m: number): number {
  const n = sizes.reduce((sum, [count, keys]) => sum + count * keys, 0);
  const draws = Math.min(m, n);
  let expected = 0;
  for (const [count, keys] of sizes) expected += keys * (1 - probabilityOfMissing(n, count, draws));
  return expected;
}

/** C(n−f, m)/C(n, m): the product is symmetric in f and m, so the shorter one is taken. */
function probabilityOfMissing(n: number, f: number, m: number): number {
  if (f + m > n) return 0;
  const factors = Math.min(f, m);
  const other = Math.max(f, m);
  let product = 1;
  for (let j = 0; j < factors; j++) product *= (n - other - j) / (n - j);
  return product;
}
