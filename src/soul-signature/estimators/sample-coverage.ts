/**
 * Good–Turing sample coverage in the form of Chao & Jost 2012: the share of the activity that falls on keys already seen,
 * Ĉ = 1 − f₁/n · (n−1)f₁/((n−1)f₁+2f₂); without doubletons f₁ and 2f₂ become f₁−1 and 2 (bias-corrected). Null below
 * two observations, where it is unknown. Unit: share, 0 to 1.
 */
export function sampleCoverage(counts: readonly number[]): number | null {
  let n = 0;
  let singletons = 0;
  let doubletons = 0;
  for (const count of counts) {
    n += count;
    if (count === 1) singletons += 1;
    if (count === 2) doubletons += 1;
  }
  if (n < 2) return null;
  if (singletons === 0) return 1;
  const numerator = (n - 1) * (doubletons > 0 ? singletons : singletons - 1);
  return 1 - (singletons / n) * (numerator / (numerator + 2 * Math.max(doubletons, 1)));
}
