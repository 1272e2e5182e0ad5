/**
 * Interdaily stability of a 0/1 series of hours (Witting et al. 1990, Van Someren et al. 1999): the share of its variance
 * that the time of day explains, IS = N Σₕ(x̄ₕ−x̄)²/[24 Σ(x−x̄)²], freed of what chance alone explains,
 * (IS−e)/(1−e) with e = 23/(24d−1). `active[h]` of `days` days have something in hour h. 1: all days alike; 0: no more
 * alike than chance; null where the series never varies.
 */
export function interdailyStability(active: readonly number[], days: number): number | null {
  const n = 24 * days;
  const mean = active.reduce((sum, count) => sum + count, 0) / n;
  const variance = mean * (1 - mean);
  if (days < 2 || variance <= 0) return null;
  const between = active.reduce((sum, count) => sum + (count / days - mean) ** 2, 0) / 24;
  const chance = 23 / (n - 1);
  return (between / variance - chance) / (1 - chance);
}
