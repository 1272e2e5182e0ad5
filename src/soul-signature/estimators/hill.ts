import { digamma, scaledExponentialIntegral } from './special-functions.js';

/** From here on the tail of the series is an integral with corrections; below, its few terms are added up. */
const LONG = 100;
/** Terms below this share of the sum are below a double's last digit. */
const NEGLIGIBLE = 1e-17;

/**
 * Effective number of keys of order 2 (Hill 1973), from the unbiased estimate of Simpson's index:
 * ²D = n(n−1)/Σ fᵢ(fᵢ−1). How many equally frequent keys would meet each other as rarely. Infinite without repetition.
 */
export function effectiveOfOrder2(counts: readonly number[]): number {
  let n = 0;
  let pairs = 0;
  for (const count of counts) {
    n += count;
    pairs += count * (count - 1);
  }
  return (n * (n - 1)) / pairs;
}

/**
 * Effective number of keys of order 1: exp of Shannon's entropy as Chao, Wang & Jost 2013 estimate it, which adds the
 * keys that have not been seen yet. With A = 2f₂/((n−1)f₁+2f₂) (without doubletons 2/((n−1)(f₁−1)+2)):
 * Ĥ = Σ fᵢ/n·(ψ(n)−ψ(fᵢ)) + f₁/n·(1−A)^(1−n)·Σ_{r≥n} (1−A)^r/r. The printed form subtracts two huge numbers instead of
 * summing from r = n, and overflows. Unit: keys.
 */
export function effectiveOfOrder1(counts: readonly number[]): number {
  const sizes = new Map<number, number>();
  let n = 0;
  for (const count of counts) {
    if (count <= 0) continue;
    n += count;
    sizes.set(count, (sizes.get(count) ?? 0) + 1);
  }
  if (n === 0) return 0;
  let entropy = 0;
  const all = digamma(n);
  for (const [count, keys] of [...sizes].sort(([a], [b]) => a - b)) {
    entropy += keys * (count / n) * (all - digamma(count));
  }
  const singletons = sizes.get(1) ?? 0;
  const doubletons = sizes.get(2) ?? 0;
  if (singletons === 0 || n < 2) return Math.exp(entropy);
  const twice = doubletons > 0 ? 2 * doubletons : 2;
  const a = twice / ((n - 1) * (doubletons > 0 ? singletons : singletons - 1) + twice);
  return Math.exp(entropy + (singletons / n) * seriesTail(n, a));
}

/** Σ_{r≥n} q^(r−n+1)/r with q = 1 − a. */
function seriesTail(n: number, a: number): number {
  const q = 1 - a;
  if (q <= 0) return 0;
  if (n < LONG) {
    let sum = 0;
    let power = q;
    for (let r = n; ; r++) {
      const term = power / r;
      sum += term;
      if (term <= NEGLIGIBLE * sum) return sum;
      power *= q;
    }
  }
  // Euler–Maclaurin: ∫ + g(n)/2 − g′(n)/12 with g(x) = q^(x−n+1)/x; the next term is below 1e−9 of g.
  const rate = -Math.log1p(-a);
  const first = q / n;
  const slope = -first * (rate + 1 / n);
  return q * scaledExponentialIntegral(n * rate) + first / 2 - slope / 12;
}
