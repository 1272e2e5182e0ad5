/**
 * Upper bound of the chance per day of something that happened on none of `days` days: 1 − .05^(1/d) (exact binomial, one
 * sided 95 %; the "rule of three" ≈ 3/d, Hanley & Lippman-Hand 1983). Where nothing varied, the jackknife would give
 * "surely never"; this stands instead. Unit: probability.
 */
export function unseenBound(days: number): number {
  return 1 - 0.05 ** (1 / days);
}
