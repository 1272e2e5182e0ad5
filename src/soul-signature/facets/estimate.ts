import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import type { Evidence } from '../document/evidence.js';
import type { ClaimCoverage, Facet, KnownNumber } from '../document/facet.js';

/** A number as it was estimated, sure enough to be shown or not. */
export interface Estimate {
  readonly value: number;
  /** Half-width of the 90 % interval; with `scale` on that scale. */
  readonly halfWidth: number;
  /** Where the interval is not symmetric (Wilson). */
  readonly interval?: readonly [number, number];
  /** Least and largest possible value. */
  readonly bounds?: readonly [number, number];
  readonly scale?: 'ln';
  /** Smallest difference worth mentioning, on the same scale. */
  readonly u: number;
  readonly unit: string;
  readonly method: string;
  readonly n: number;
  readonly days: number;
  readonly coverage: ClaimCoverage;
  readonly evidence: () => Evidence;
  readonly more?: Pick<KnownNumber, 'p' | 'movers'>;
}

/** The facet of an estimate: known with its interval, or too uncertain. */
export function numberFacet(estimate: Estimate): Facet {
  const { value, halfWidth, scale, u, unit, method, n, days, coverage, bounds = [-Infinity, Infinity] } = estimate;
  if (!Number.isFinite(value) || !Number.isFinite(halfWidth)) return tooUncertain(Number.MAX_SAFE_INTEGER, u, unit);
  const sure = confidence(halfWidth, u);
  if (!sure) return tooUncertain(halfWidth, u, scale === 'ln' ? `${unit}, in ln` : unit);
  const [low, high] =
    estimate.interval ??
    (scale === 'ln'
      ? [value * Math.exp(-halfWidth), value * Math.exp(halfWidth)]
      : [value - halfWidth, value + halfWidth]);
  return {
    status: 'known',
    shape: 'number',
    value: rounded(value, 4),
    unit,
    interval: [rounded(Math.max(bounds[0], low), 4), rounded(Math.min(bounds[1], high), 4)],
    ...(scale ? { scale } : {}),
    ...estimate.more,
    level: 0.9,
    method,
    n,
    days,
    confidence: sure,
    coverage,
    evidence: estimate.evidence(),
  };
}
