/**
 * z of the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008): how much more frequent a
 * thing is here (`y` of `n`) than there (`y2` of `n2`) than its prior `a` of `a0` would have it, in standard errors.
 */
export function logOddsZ(y: number, n: number, y2: number, n2: number, a: number, a0: number): number {
  const delta = Math.log((y + a) / (n + a0 - y - a)) - Math.log((y2 + a) / (n2 + a0 - y2 - a));
  return delta / Math.sqrt(1 / (y + a) + 1 / (y2 + a));
}
