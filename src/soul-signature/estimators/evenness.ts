/**
 * Pielou's evenness over a fixed number of classes, with the entropy of Miller & Madow: J = min(1, [H + (k−1)/2n]/ln K),
 * k the classes that occur. 1: all alike; 0: one class only. Weights may be fractions; they sum to n.
 */
export function evenness(weights: readonly number[], classes: number): number {
  const n = weights.reduce((sum, weight) => sum + weight, 0);
  let entropy = 0;
  let seen = 0;
  for (const weight of weights) {
    if (weight <= 0) continue;
    entropy -= (weight / n) * Math.log(weight / n);
    seen += 1;
  }
  return seen === 0 ? 0 : Math.min(1, (entropy + (seen - 1) / (2 * n)) / Math.log(classes));
}
