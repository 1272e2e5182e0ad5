import { jackknifeCovariance } from './jackknife.js';

/** 99 % quantile of F(4, 16): four moments, G = 20 groups (scipy 1.17: `f.ppf(.99, 4, 16)`). */
export const F_4_16_99 = 4.772578;

/** Below this an estimate counts as exactly zero and a pivot, relative to the largest variance, as none. */
const TINY = 1e-9;

/**
 * F of Hotelling's T² for "all parts of the vector are zero", with the jackknife's covariance: T² = θᵀV⁻¹θ,
 * F = (G−k)/(k(G−1)) · T² ~ F(k, G−k) (after Batschelet 1981). A covariance without an inverse means that all days are
 * alike in some direction, which counts as infinitely sure; if the vector itself is zero, F is 0.
 */
export function hotellingF(theta: readonly number[], replicates: readonly (readonly number[])[]): number {
  if (theta.every((value) => Math.abs(value) < TINY)) return 0;
  const solution = solve(jackknifeCovariance(replicates), theta);
  if (solution === null) return Infinity;
  const k = theta.length;
  const groups = replicates.length;
  const tSquared = theta.reduce((sum, value, i) => sum + value * (solution[i] ?? 0), 0);
  return ((groups - k) / (k * (groups - 1))) * tSquared;
}

/** Solves Ax = b for a symmetric non-negative A by Gaussian elimination with pivoting; null if A has no inverse. */
export function solve(matrix: readonly (readonly number[])[], b: readonly number[]): number[] | null {
  const size = b.length;
  const rows = matrix.map((row, i) => [...row, b[i] ?? 0]);
  const scale = Math.max(...matrix.map((row, i) => Math.abs(row[i] ?? 0)));
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) {
      if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = i;
    }
    const chosen = rows[pivot];
    const swapped = rows[column];
    if (!chosen || !swapped || Math.abs(chosen[column] ?? 0) <= TINY * scale) return null;
    rows[pivot] = swapped;
    rows[column] = chosen;
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const factor = (row[column] ?? 0) / (chosen[column] ?? 1);
      rows[i] = row.map((value, j) => value - factor * (chosen[j] ?? 0));
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1));
}
