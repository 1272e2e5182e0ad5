import type { Confidence, Shortfall } from '../signature.js';

/**
 * How sure an estimate is: score u/(u+h) from the 90 % half-width h and the smallest difference worth mentioning u, both
 * in the facet's unit. High to h = u/2, medium to u, low to 2u; beyond that there is no level and the facet is unknown.
 */
export function confidence(halfWidth: number, u: number): Confidence | null {
  const level = halfWidth <= u / 2 ? 'high' : halfWidth <= u ? 'medium' : halfWidth <= 2 * u ? 'low' : null;
  return level === null ? null : { score: rounded(u / (u + halfWidth), 4), level, u };
}

/** The answer where the interval is too wide to say anything. */
export function tooUncertain(halfWidth: number, u: number, unit: string): Shortfall {
  return { status: 'unknown', reason: 'too_uncertain', have: rounded(halfWidth, 4), need: 2 * u, unit };
}

/** Documents carry no digits below the arithmetic's own noise, so equal input gives equal bytes. */
export function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale + 0;
}
