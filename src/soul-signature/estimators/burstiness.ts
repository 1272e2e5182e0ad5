/** Moments of gaps between sessions: how many, their sum, the sum of their squares. */
export interface Gaps {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/**
 * Burstiness of a sequence with `count` gaps, corrected for its length (Kim & Jo 2016 on Goh & Barabási 2008):
 * A = [√(m+1)·r − √(m−1)]/[(√(m+1)−2)·r + √(m−1)], r = σ/μ. −1 regular like a clock, 0 at random, 1 all at once.
 */
export function burstiness({ count, sum, squares }: Gaps): number {
  const mean = sum / count;
  const r = Math.sqrt(Math.max(0, squares / count - mean ** 2)) / mean;
  const more = Math.sqrt(count + 1);
  const less = Math.sqrt(count - 1);
  return (more * r - less) / ((more - 2) * r + less);
}
