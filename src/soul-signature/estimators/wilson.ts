/** 95 % quantile of the standard normal: two-sided 90 %. */
export const Z90 = 1.6448536269514722;

/**
 * 90 % interval of a share from `hits` of `n` (Wilson 1927), which stays inside 0 to 1 and is honest for few and for none.
 */
export function wilson90(hits: number, n: number): readonly [number, number] {
  const share = hits / n;
  const z2 = Z90 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z90 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
