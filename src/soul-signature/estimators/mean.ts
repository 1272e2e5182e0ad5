import { Z90 } from './wilson.js';

/** Half-width of the 90 % interval of a mean of independent values: 1.645·s/√n. */
export function meanHalfWidth90(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Z90 * Math.sqrt(squares / (values.length - 1) / values.length);
}
