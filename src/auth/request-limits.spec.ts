import { parseConfig } from '../config/config.js';
import { countedAs, RequestLimits } from './request-limits.js';

const DAY = 86_400_000;

describe('The limit of requests to the API', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const limits = (max: number, durationMs: number) =>
    new RequestLimits(parseConfig({ API_RATE_MAX: String(max), API_RATE_DURATION: String(durationMs) }));
  /** How many of so many requests are let through. */
  const passed = (limit: RequestLimits, requests: number) => {
    let count = 0;
    for (let n = 0; n < requests; n += 1) {
      try {
        limit.takeForUser('ana');
        count += 1;
      } catch {
        // Refused.
      }
    }
    return count;
  };

  it('is left to a person whose programs have used up theirs, all of them together', () => {
    const limit = limits(3, DAY);
    const ana = { userId: 'ana' };
    const [one, other] = ['one', 'other'].map((id) => ({
      ...ana,
      program: { id, name: id, scopes: new Set<never>() },
    }));
    for (const each of [one!, other!, one!]) limit.takeForUser(countedAs(each));
    expect(() => limit.takeForUser(countedAs(other!))).toThrow();
    expect(() => limit.takeForUser(countedAs(ana))).not.toThrow();
  });

  it.each([
    [1, DAY, 3, 1],
    [300, 60_000, 400, 300],
    [1_000_000, 1_000, 5_000, 5_000],
    [1_000_000, 1, 5_000, 5_000],
    [0, 1_000, 5_000, 5_000],
  ])('of %d per %d ms lets of %d requests %d through', (max, durationMs, requests, allowed) => {
    const limit = limits(max, durationMs);
    expect(passed(limit, requests)).toBe(allowed);
    jest.advanceTimersByTime(durationMs);
    expect(passed(limit, requests)).toBe(allowed);
  });

  it('counts one request as several, but never as more than may come at once', () => {
    const limit = limits(10, 60_000);
    limit.takeForUser('ana', 4);
    expect(passed(limit, 20)).toBe(6);
    limit.takeForAddress('203.0.113.7', 1_000);
    expect(() => limit.takeForAddress('203.0.113.7')).toThrow('Too many requests');
    jest.advanceTimersByTime(60_000);
    expect(() => limit.takeForAddress('203.0.113.7', 1_000)).not.toThrow();
  });

  it('refuses what would be looked at in vain, without counting it', () => {
    const limit = limits(10, 60_000);
    for (let n = 0; n < 20; n += 1) limit.refuseSpentAddress('203.0.113.7');
    limit.takeForAddress('203.0.113.7', 10);
    expect(() => limit.refuseSpentAddress('203.0.113.7')).toThrow('Too many requests');
  });

  it('is used again after its window, however far the clock of the process has stepped back', () => {
    const limit = limits(10, 1_000);
    expect(passed(limit, 20)).toBe(10);
    jest.setSystemTime(Date.now() - 3_600_000);
    jest.advanceTimersByTime(1_000);
    expect(passed(limit, 20)).toBe(10);
  });

  it('counts handshakes by address, those with a valid token not', () => {
    const limit = limits(10, 60_000);
    for (let n = 0; n < 100; n += 1) {
      expect(limit.waitForHandshake('203.0.113.7')).toBe(0);
      limit.giveBackHandshake('203.0.113.7');
    }
    const waits = Array.from({ length: 12 }, () => limit.waitForHandshake('203.0.113.7'));
    expect(waits).toEqual([...Array<number>(10).fill(0), 6, 6]);
    expect(limit.waitForHandshake('203.0.113.8')).toBe(0);
    expect(() => limit.takeForAddress('203.0.113.7')).not.toThrow();
  });

  it.each(['-1', '1000001', '1.5', 'many'])('refuses %s at the start, naming the variable', (max) => {
    expect(() => parseConfig({ API_RATE_MAX: max })).toThrow('API_RATE_MAX: must be a whole number from 0 to 1000000');
  });
});
