import { sampleCovariance, sampleVariance } from 'simple-statistics';
import fc from 'fast-check';
import { circularHalfWidth90, clockDifference, onClock, peakHour, trigonometricMoments } from './circular.js';
import { confidence, tooUncertain } from './confidence.js';
import { F_4_16_99, hotellingF, solve } from './hotelling.js';
import { hurlbert } from './hurlbert.js';
import { jackknifeCovariance, jackknifeError } from './jackknife.js';
import { sampleCoverage } from './sample-coverage.js';

// Frozen vectors come from Python 3 with math.comb, numpy 2.4 and scipy 1.17, written independently of this code.
const SKEWED = [40, 30, 20, 10, 5, 5, 3, 2, 1, 1, 1, 1, 1];

describe('hurlbert', () => {
  it('agrees with a calculation by hand: from {a, a, b} two draws show 1 + 2/3 keys', () => {
    expect(hurlbert([2, 1], 2)).toBeCloseTo(5 / 3, 12);
  });

  it.each([
    [[5, 3, 2], 4, 2.4761904761904763],
    [Array<number>(10).fill(1), 4, 4],
    [SKEWED, 100, 12.135834064984536],
    [Array.from({ length: 60 }, (_, i) => i + 1), 100, 43.40740436550273],
  ])('agrees with exact binomial coefficients (vector %#)', (counts, m, expected) => {
    expect(hurlbert(counts, m)).toBeCloseTo(expected, 10);
  });

  it('is not the plug-in, which draws with replacement and sees too few keys', () => {
    expect(hurlbert(SKEWED, 100)).toBeGreaterThan(10.540299058017144 + 1);
  });

  it('answers the number of keys seen where fewer than m were observed', () => {
    expect(hurlbert([2, 1, 4], 100)).toBe(3);
    expect(hurlbert([], 100)).toBe(0);
  });

  it('is at most m, at most the number of keys, and the same to the last bit in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }), (counts) => {
        const value = hurlbert(counts, 100);
        expect(value).toBeLessThanOrEqual(100 + 1e-9);
        expect(value).toBeLessThanOrEqual(counts.filter((count) => count > 0).length + 1e-9);
        expect(hurlbert([...counts].reverse(), 100)).toBe(value);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('sampleCoverage', () => {
  it('agrees with the printed formula', () => {
    expect(sampleCoverage(SKEWED)).toBeCloseTo(0.9584729201563372, 12);
  });

  it('uses the bias-corrected form where nothing was seen twice', () => {
    expect(sampleCoverage([3, 1, 1])).toBeCloseTo(0.7333333333333334, 12);
  });

  it('is 1 without singletons and unknown below two observations', () => {
    expect(sampleCoverage([2, 5])).toBe(1);
    expect(sampleCoverage([1])).toBeNull();
    expect(sampleCoverage([])).toBeNull();
  });
});

describe('jackknife', () => {
  const replicates = Array.from({ length: 20 }, (_, i) => i ** 1.5);

  it('agrees with the frozen vector and with simple-statistics: (G−1)²/G of the sample variance', () => {
    expect(jackknifeError(replicates)).toBeCloseTo(113.51645355134771, 8);
    expect(jackknifeError(replicates) ** 2).toBeCloseTo((19 ** 2 / 20) * sampleVariance(replicates), 6);
  });

  it('gives a mean its textbook standard error when every group holds one value', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4];
    const sum = values.reduce((a, b) => a + b, 0);
    const error = jackknifeError(values.map((value) => (sum - value) / 19));
    expect(error).toBeCloseTo(Math.sqrt(sampleVariance(values) / 20), 12);
  });

  it('gives covariances that agree with simple-statistics', () => {
    const other = replicates.map((_, i) => Math.sin(i));
    const covariance = jackknifeCovariance(replicates.map((value, i) => [value, other[i] ?? 0]));
    expect(covariance[0]?.[1]).toBeCloseTo((19 ** 2 / 20) * sampleCovariance(replicates, other), 8);
    expect(covariance[1]?.[0]).toBe(covariance[0]?.[1]);
  });
});

describe('hotelling', () => {
  const rows = Array.from({ length: 20 }, (_, i) => [
    0.02 + 0.01 * Math.sin(i * 1.3),
    -0.01 + 0.01 * Math.cos(i * 0.7),
    0.015 + 0.01 * Math.sin(i * 2.1 + 1),
    0.005 + 0.01 * Math.cos(i * i * 0.31),
  ]);
  const mean = [0, 1, 2, 3].map((j) => rows.reduce((sum, row) => sum + (row[j] ?? 0), 0) / 20);

  it('agrees with the frozen vector', () => {
    expect(hotellingF(mean, rows)).toBeCloseTo(0.20117715037036804, 10);
  });

  it('counts a singular covariance as infinitely sure, but not about nothing', () => {
    const alike = rows.map(() => [0.1, 0.2, 0, 0]);
    expect(hotellingF([0.1, 0.2, 0, 0], alike)).toBe(Infinity);
    expect(
      hotellingF(
        [0, 0, 0, 0],
        rows.map(() => [0, 0, 0, 0]),
      ),
    ).toBe(0);
  });

  it('solves a system by hand and refuses one without an inverse', () => {
    expect(
      solve(
        [
          [4, 2],
          [2, 3],
        ],
        [8, 8],
      ),
    ).toEqual([1, 2]);
    expect(
      solve(
        [
          [1, 2],
          [2, 4],
        ],
        [1, 1],
      ),
    ).toBeNull();
  });

  it('has its critical value from the F distribution with 4 and 16 degrees of freedom', () => {
    expect(F_4_16_99).toBeCloseTo(4.772577999723211, 6);
  });
});

describe('circular', () => {
  const evening = [
    2, 1, 0.3, 0.1, 0.1, 0.1, 0.2, 0.5, 0.6, 0.6, 0.6, 0.6, 0.8, 0.8, 0.8, 0.8, 1, 1.5, 3, 5, 7, 8, 7, 5,
  ];
  const twoHumps = evening.map(
    (_, hour) =>
      new Map([
        [7, 2],
        [8, 5],
        [20, 6],
      ]).get(hour) ?? 0,
  );

  it('finds the maximum that a numeric optimiser finds, within half a minute', () => {
    expect(Math.abs(peakHour(evening) - 21.36847469107189)).toBeLessThan(1 / 120);
    expect(Math.abs(peakHour(twoHumps) - 8.223978909051379)).toBeLessThan(1 / 120);
  });

  it('puts a single active hour in its middle, also across midnight', () => {
    const only = (hour: number) => evening.map((_, h) => (h === hour ? 1 : 0));
    expect(peakHour(only(13))).toBeCloseTo(13.5, 9);
    expect(peakHour(evening.map((_, h) => (h === 23 || h === 0 ? 1 : 0)))).toBeCloseTo(0, 9);
  });

  it('turns with the profile', () => {
    for (let shift = 0; shift < 24; shift++) {
      const turned = evening.map((_, hour) => evening[(hour - shift + 24) % 24] ?? 0);
      expect(clockDifference(peakHour(turned), peakHour(evening) + shift)).toBeCloseTo(0, 9);
    }
  });

  it('measures along the clock', () => {
    expect(clockDifference(0.5, 23.5)).toBeCloseTo(1, 12);
    expect(clockDifference(23.5, 0.5)).toBeCloseTo(-1, 12);
    expect(onClock(-1)).toBe(23);
    expect(onClock(-1e-20)).toBe(0);
  });

  it('has the same half-width for replicates on both sides of midnight as for others', () => {
    const around = (hour: number) => Array.from({ length: 20 }, (_, i) => onClock(hour + (i - 9.5) / 20));
    expect(circularHalfWidth90(0, around(0))).toBeCloseTo(circularHalfWidth90(12, around(12)), 9);
  });

  it('has moments that vanish for a uniform profile and are those of the hour for a single one', () => {
    for (const moment of trigonometricMoments(Array<number>(24).fill(7))) expect(moment).toBeCloseTo(0, 12);
    const [cos1, sin1] = trigonometricMoments(evening.map((_, h) => (h === 6 ? 3 : 0)));
    expect(cos1).toBeCloseTo(Math.cos((6.5 * Math.PI) / 12), 12);
    expect(sin1).toBeCloseTo(Math.sin((6.5 * Math.PI) / 12), 12);
  });
});

describe('confidence', () => {
  it('has levels at half, once and twice the smallest difference worth mentioning', () => {
    expect(confidence(5, 10)).toEqual({ score: 0.6667, level: 'high', u: 10 });
    expect(confidence(10, 10)).toEqual({ score: 0.5, level: 'medium', u: 10 });
    expect(confidence(20, 10)).toEqual({ score: 0.3333, level: 'low', u: 10 });
    expect(confidence(20.001, 10)).toBeNull();
    expect(tooUncertain(25, 10, 'artists')).toEqual({
      status: 'unknown',
      reason: 'too_uncertain',
      have: 25,
      need: 20,
      unit: 'artists',
    });
  });
});
