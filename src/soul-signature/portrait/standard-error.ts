import { Z90 } from '../estimators/wilson.js';
import type { KnownNumber } from '../document/facet.js';

/** A facet's value on the scale on which its differences are measured. */
export function scaled({ scale }: Pick<KnownNumber, 'scale'>, value: number): number {
  return scale === 'ln' ? Math.log(Math.max(value, 1e-9)) : value;
}

/** Standard error of a facet on that scale, from its 90 % interval; on the clock the interval may run through midnight. */
export function standardError({ interval: [low, high], ...facet }: KnownNumber): number {
  const width = scaled(facet, high) - scaled(facet, low);
  return (facet.period !== undefined && width < 0 ? width + facet.period : width) / (2 * Z90);
}
