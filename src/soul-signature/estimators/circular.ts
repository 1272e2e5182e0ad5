import { halfWidth90 } from './jackknife.js';

/** Concentration of the smoothing kernel: a standard width of about 2.2 hours. */
const KAPPA = 3;
/** Points per hour on which the smoothed profile is searched before the parabola refines it. */
const STEPS = 4;
const POINTS = 24 * STEPS;
const RADIANS_PER_HOUR = (2 * Math.PI) / 24;

/** Kernel by distance in steps; an hour's weight sits in its middle. */
const KERNEL = Float64Array.from({ length: POINTS }, (_, step) =>
  Math.exp(KAPPA * (Math.cos((step / STEPS) * RADIANS_PER_HOUR) - 1)),
);

/** Any hour brought into 0 ≤ h < 24. */
export function onClock(hour: number): number {
  const wrapped = ((hour % 24) + 24) % 24;
  return wrapped === 24 ? 0 : wrapped;
}

/** The shortest way from `from` to `to` on the clock, −12 to 12 hours. */
export function clockDifference(to: number, from: number): number {
  return onClock(to - from + 12) - 12;
}

/**
 * Where a daily profile (24 weights, hour h standing for h to h+1) is highest after smoothing with a von Mises kernel,
 * κ = 3; a parabola through the highest of 96 points and its neighbours refines it. Smoothing finds the peak of profiles
 * with two humps, where a circular mean points between them. Unit: hours, 0 ≤ h < 24. Of equal maxima the earliest.
 */
export function peakHour(profile: readonly number[]): number {
  const smooth = new Float64Array(POINTS);
  for (const [hour, weight] of profile.entries()) {
    const centre = hour * STEPS + STEPS / 2;
    for (let point = 0; point < POINTS; point++) {
      smooth[point] = (smooth[point] ?? 0) + weight * (KERNEL[Math.abs(point - centre)] ?? 0);
    }
  }
  const at = (point: number) => smooth[(point + POINTS) % POINTS] ?? 0;
  let best = 0;
  for (let point = 1; point < POINTS; point++) if (at(point) > at(best)) best = point;
  const [left, middle, right] = [at(best - 1), at(best), at(best + 1)];
  const bend = left - 2 * middle + right;
  const shift = bend === 0 ? 0 : (left - right) / (2 * bend);
  return onClock((best + shift) / STEPS);
}

/** Half-width in hours of the 90 % interval: the jackknife on the replicates' distances along the clock from `value`. */
export function circularHalfWidth90(value: number, replicates: readonly number[]): number {
  return halfWidth90(replicates.map((replicate) => clockDifference(replicate, value)));
}

/** First two trigonometric moments of a daily profile: (Σp cos θ, Σp sin θ, Σp cos 2θ, Σp sin 2θ); all 0 if uniform. */
export function trigonometricMoments(profile: readonly number[]): number[] {
  const total = profile.reduce((sum, weight) => sum + weight, 0);
  const moment = (f: (radians: number) => number) =>
    profile.reduce((sum, weight, hour) => sum + weight * f((hour + 0.5) * RADIANS_PER_HOUR), 0) / total;
  return [
    moment((t) => Math.cos(t)),
    moment((t) => Math.sin(t)),
    moment((t) => Math.cos(2 * t)),
    moment((t) => Math.sin(2 * t)),
  ];
}
