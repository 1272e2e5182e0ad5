import { logit, sampleStandardDeviation } from 'simple-statistics';
import { burstiness } from './burstiness.js';
import { drift } from './divergence.js';
import { evenness } from './evenness.js';
import { effectiveOfOrder1, effectiveOfOrder2 } from './hill.js';
import { expectedNew, expectedNewVariance } from './incidence.js';
import { interdailyStability } from './interdaily-stability.js';
import { logOddsZ } from './log-odds.js';
import { meanHalfWidth90 } from './mean.js';
import { betaDistribution, betaQuantile, digamma, scaledExponentialIntegral } from './special-functions.js';
import { wilson90 } from './wilson.js';

// Frozen vectors come from Python 3, written independently of this code (exact sums, itertools.combinations).
const SKEWED = [40, 30, 20, 10, 5, 5, 3, 2, 1, 1, 1, 1, 1];

describe('the effective number of keys', () => {
  it('agrees with the frozen vectors', () => {
    expect(effectiveOfOrder2(SKEWED)).toBeCloseTo(4.843962008141113, 10);
    expect(effectiveOfOrder1(SKEWED)).toBeCloseTo(6.965602827585045, 8);
    expect(effectiveOfOrder1([5, 4, 1, 1, 1])).toBeCloseTo(5.382962827135886, 10);
    const long = [...Array.from({ length: 60 }, (_, i) => i + 1), ...Array<number>(40).fill(1)];
    expect(effectiveOfOrder1(long)).toBeCloseTo(59.95370502450062, 5);
  });

  it('is the number of keys where all are equally frequent, and is not the plug-in where some were not seen', () => {
    expect(effectiveOfOrder2(Array<number>(20).fill(50))).toBeCloseTo(20, 0);
    expect(effectiveOfOrder1(Array<number>(20).fill(50))).toBeCloseTo(20, 0);
    const plugIn = Math.exp(-SKEWED.reduce((sum, f) => sum + (f / 120) * Math.log(f / 120), 0));
    expect(effectiveOfOrder1(SKEWED)).toBeGreaterThan(plugIn + 0.4);
  });

  it('stays finite for a million observations with many seen once', () => {
    const counts = [...Array.from({ length: 2_000 }, (_, i) => 2_000 - i), ...Array<number>(10_000).fill(1)];
    expect(effectiveOfOrder1(counts)).toBeGreaterThan(1_000);
    expect(effectiveOfOrder1(counts)).toBeLessThan(4_000);
  });
});

describe('special functions', () => {
  it('agree with their known values', () => {
    expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 12);
    expect(digamma(7) - digamma(3)).toBeCloseTo(1 / 3 + 1 / 4 + 1 / 5 + 1 / 6, 12);
    expect(scaledExponentialIntegral(1)).toBeCloseTo(Math.E * 0.21938393439552029, 12);
    expect(scaledExponentialIntegral(2)).toBeCloseTo(Math.exp(2) * 0.04890051070806112, 10);
    expect(betaDistribution(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(betaDistribution(0.5, 4, 4)).toBeCloseTo(0.5, 12);
    expect(betaDistribution(betaQuantile(0.05, 36, 16), 36, 16)).toBeCloseTo(0.05, 10);
  });
});

describe('intervals of shares and means', () => {
  it('agree with the frozen vectors and with simple-statistics', () => {
    expect(wilson90(80, 200)[0]).toBeCloseTo(0.3447211132467063, 10);
    expect(wilson90(80, 200)[1]).toBeCloseTo(0.4579483188842489, 10);
    expect(wilson90(0, 10)).toEqual([0, expect.closeTo(0.21294197008340698, 10) as number]);
    const values = [0.2, 0.9, 0.4, 0.4, 1, 0.1];
    expect(meanHalfWidth90(values)).toBeCloseTo((1.6448536 * sampleStandardDeviation(values)) / Math.sqrt(6), 6);
  });
});

describe('the other estimators', () => {
  it('agree with the frozen vectors', () => {
    expect(expectedNew(60, 25, 10, 3)).toBeCloseTo(15.117865020279577, 10);
    expect(expectedNew(10, 0, 8, 3)).toBeCloseTo(3.5239280837505693, 10);
    expect(expectedNew(0, 5, 8, 3)).toBe(0);
    const gaps = [1, 2, 3, 4, 50];
    const squares = gaps.reduce((sum, gap) => sum + gap ** 2, 0);
    expect(burstiness({ count: 5, sum: 60, squares })).toBeCloseTo(0.69441612083083, 10);
    const active = Array.from({ length: 24 }, (_, hour) => ({ 8: 9, 9: 5, 20: 10 })[hour] ?? 0);
    expect(interdailyStability(active, 10)).toBeCloseTo(0.8258316186556928, 10);
    expect(evenness([10, 5, 1, 0], 4)).toBeCloseTo(0.6441804255493291, 10);
    expect(logOddsZ(20, 1_000, 5, 3_000, 3.125, 500)).toBeCloseTo(4.67476277165799, 10);
  });

  it('know how unsure an expectation is: ahead·Q₁/T in the limit of a long history, with the variance of ln Q₁', () => {
    expect(expectedNewVariance(100, 40, 500, 100_000, 3)).toBeCloseTo(1 / 100 - 1 / 625, 4);
    expect(expectedNewVariance(100, 40, 500, 6, 3)).toBeGreaterThan(expectedNewVariance(100, 40, 500, 60, 3));
    expect(expectedNewVariance(100, 0, 500, 10, 3)).toBeGreaterThan(0);
  });

  it('take the log-odds without a prior for what simple-statistics takes them for', () => {
    const delta = logit(0.02) - logit(5 / 3_000);
    expect(logOddsZ(20, 1_000, 5, 3_000, 0, 0)).toBeCloseTo(delta / Math.sqrt(1 / 20 + 1 / 5), 10);
  });

  it('know the edges: alike days, no days, one class', () => {
    const daily = Array.from({ length: 24 }, (_, hour) => (hour === 8 ? 30 : 0));
    expect(interdailyStability(daily, 30)).toBeCloseTo(1, 12);
    expect(interdailyStability(Array<number>(24).fill(0), 30)).toBeNull();
    expect(evenness([7, 0, 0], 3)).toBe(0);
    expect(burstiness({ count: 1_000, sum: 1_000, squares: 1_000 })).toBeCloseTo(-1, 2);
  });
});

describe('drift', () => {
  const rows = [[3, 2, 3, 2, 4, 3, 0, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0, 3, 4, 3, 2, 3, 3], Array<number>(12).fill(2)];

  it('agrees with a count over all 924 halvings', () => {
    const found = drift(rows)!;
    expect(found.observed).toBeCloseTo(0.42248615072412904, 10);
    expect(found.excess).toBeCloseTo(0.38560579443857573, 10);
    expect(found.p).toBeCloseTo(2 / 924, 10);
  });

  it('knows neither the order of the keys nor their names, and finds nothing where blocks are alike', () => {
    expect(drift([...rows].reverse())).toEqual(drift(rows));
    expect(drift([Array<number>(12).fill(5), Array<number>(12).fill(1)])).toMatchObject({
      observed: 0,
      excess: 0,
      p: 1,
    });
    expect(drift([[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])).toBeNull();
  });
});
