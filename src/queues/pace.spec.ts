import { Pace } from './pace.js';

describe('A pace', () => {
  it('of something regular is how often it happens', () => {
    const pace = new Pace();
    for (let at = 0; at <= 10_000; at += 10) pace.note(at);
    expect(pace.within(100, 10_000)).toBeCloseTo(10, 0);
    expect(pace.within(1_000, 10_000)).toBeCloseTo(100, -1);
  });

  it('of what has stopped goes towards nothing', () => {
    const pace = new Pace();
    for (let at = 0; at <= 10_000; at += 10) pace.note(at);
    expect(pace.within(100, 12_000)).toBeLessThan(2);
    expect(pace.within(100, 20_000)).toBeLessThan(0.01);
  });

  it('of what never happened, or is rare, promises nothing', () => {
    const pace = new Pace();
    expect(pace.within(100, 0)).toBe(0);
    for (let at = 0; at <= 600_000; at += 60_000) pace.note(at);
    expect(Math.floor(pace.within(100, 600_000))).toBe(0);
  });
});
