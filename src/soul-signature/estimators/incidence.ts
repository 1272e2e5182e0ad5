/**
 * How many keys that were not seen in `blocks` earlier blocks of time are to be expected in `ahead` further ones if
 * nothing changes (Colwell et al. 2012, incidence data): E = Q₀·[1 − (1 − Q₁/(TQ₀+Q₁))^ahead], Q₀ = (T−1)/T·Q₁²/(2Q₂)
 * (Chao 2; without duplicates Q₁(Q₁−1)/2). `once` and `twice` are how many keys were seen in exactly one and two blocks.
 * Unlike "new per day" it does not fall with the length of the history.
 */
export function expectedNew(once: number, twice: number, blocks: number, ahead: number): number {
  const unseen = ((blocks - 1) / blocks) * (twice > 0 ? once ** 2 / (2 * twice) : (once * (once - 1)) / 2);
  if (unseen <= 0) return 0;
  return unseen * (1 - (1 - once / (blocks * unseen + once)) ** ahead);
}

/**
 * Variance of ln `expectedNew`: the delta method over `once` and `twice`, which are parts of a multinomial draw of all keys
 * there are (`seen` and those not seen yet). It measures how unsure E is, and not how far the count of new keys strays from it.
 */
export function expectedNewVariance(once: number, twice: number, seen: number, blocks: number, ahead: number): number {
  const log = (q1: number, q2: number) => Math.log(expectedNew(q1, q2, blocks, ahead));
  const byOnce = log(once + 0.5, twice) - log(once - 0.5, twice);
  const byTwice = twice > 0 ? log(once, twice + 0.5) - log(once, twice - 0.5) : 0;
  const keys = seen + once ** 2 / (2 * Math.max(twice, 0.5));
  return byOnce ** 2 * once + byTwice ** 2 * twice - (byOnce * once + byTwice * twice) ** 2 / keys;
}
