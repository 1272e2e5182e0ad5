import type { Confidence, Shortfall } from '../document/facet.js';

/**
 * How sure an estimate is: score u/(u+h) from the 90 % half-width h and the smallest difference worth mentioning u, both
 * in the facet's unit. High to h = u/2, medium to u, low to 2u; beyond that there is no level and the facet is unknown.
 */
export function confidence(halfWidth: number, u: number): Confidence | null {
  const level = levelOf(halfWidth, u);
  return level === null ? null : { score: rounded(u / (u + halfWidth), 4), level, u };
}

function levelOf(halfWidth: number, u: number): Confidence['level'] | null {
  if (halfWidth <= u / 2) return 'high';
  if (halfWidth <= u) return 'medium';
  return halfWidth <= 2 * u ? 'low' : null;
}

/** The answer where the interval is too wide for any. */
export function tooUncertain(halfWidth: number, u: number, unit: string): Shortfall {
  return { status: 'unknown', reason: 'too_uncertain', have: rounded(halfWidth, 4), need: 2 * u, unit };
}

/** Documents carry no digits below the arithmetic's own noise, so equal input gives equal bytes. */
export function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale + 0;
}
