/** Student's t, 19 degrees of freedom, two-sided 90 %: G − 1 groups carry the variance. */
const T90_19 = 1.729;

/**
 * Standard error by the delete-a-group jackknife (Kott 2001): SE = √[(G−1)/G · Σ (θ₍₋g₎ − θ̄)²] over the estimates with
 * one group of days left out. No random numbers. Same unit as the estimate.
 */
export function jackknifeError(replicates: readonly number[]): number {
  const groups = replicates.length;
  const mean = replicates.reduce((sum, value) => sum + value, 0) / groups;
  const squares = replicates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(((groups - 1) / groups) * squares);
}

/** Half-width of the 90 % interval of an estimate with G = 20 replicates. */
export function halfWidth90(replicates: readonly number[]): number {
  return T90_19 * jackknifeError(replicates);
}

/** Covariance of a vector of estimates, same formula: rows are replicates, columns the parts of the vector. */
export function jackknifeCovariance(replicates: readonly (readonly number[])[]): number[][] {
  const groups = replicates.length;
  const size = replicates[0]?.length ?? 0;
  const parts = Array.from({ length: size }, (_, i) => i);
  const mean = parts.map((i) => replicates.reduce((sum, row) => sum + (row[i] ?? 0), 0) / groups);
  return parts.map((i) =>
    parts.map((j) => {
      const products = replicates.reduce(
        (sum, row) => sum + ((row[i] ?? 0) - (mean[i] ?? 0)) * ((row[j] ?? 0) - (mean[j] ?? 0)),
        0,
      );
      return ((groups - 1) / groups) * products;
    }),
  );
}
