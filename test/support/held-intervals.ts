import { inFull } from './length.js';

/**
 * Of so many intervals of 90 % as many must hold the truth as is promised. The promise is about the people of the full form;
 * of a sample, as many as 4 standard errors allow.
 */
export function expectHeld(held: number, of: number, [least, most] = [0.84, 0.96]): void {
  const slack = inFull(0, 4 * Math.sqrt(0.09 / of));
  expect(held / of).toBeGreaterThanOrEqual(least - slack);
  expect(held / of).toBeLessThanOrEqual(most + slack);
}
