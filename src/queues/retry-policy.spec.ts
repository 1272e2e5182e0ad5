import fc from 'fast-check';
import { TransientDatabaseError } from '../database/failures.js';
import { BlockedError, JobTimeoutError, PermanentError, RateLimitedError, ShutdownError } from './errors.js';
import { judge } from './retry-policy.js';

const DAY_MS = 86_400_000;

/** The wait before the next attempt; `random` from 0 to 1 places it within its spread. */
function waitAfter(attempt: number, { backoffMs = 1_000, jitter = 0, random = 0.5 } = {}): number {
  const verdict = judge(new Error('passing'), {
    attempt,
    maxAttempts: Infinity,
    moved: false,
    ageMs: 0,
    backoffMs,
    jitter,
    random: () => random,
  });
  if (verdict.kind !== 'retry') throw new Error(verdict.kind);
  return verdict.delayMs;
}

describe('The retry policy', () => {
  it('waits one base after the first attempt and twice as long after each further one', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => waitAfter(attempt))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect([1, 2, 3].map((attempt) => waitAfter(attempt, { backoffMs: 250 }))).toEqual([250, 500, 1_000]);
  });

  it('waits a day at most, however many attempts there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 3_600_000 }), (attempt, backoffMs) => {
        const wait = waitAfter(attempt, { backoffMs });
        expect(wait).toBeLessThanOrEqual(DAY_MS);
        expect(wait).toBeGreaterThanOrEqual(Math.min(backoffMs, DAY_MS));
      }),
    );
    expect(waitAfter(100)).toBe(DAY_MS);
  });

  it('spreads waits by at most the jitter to both sides, in whole milliseconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (attempt, jitter, random) => {
          const middle = waitAfter(attempt);
          const wait = waitAfter(attempt, { jitter, random });
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(Math.floor(middle * (1 - jitter)));
          expect(wait).toBeLessThanOrEqual(Math.ceil(middle * (1 + jitter)));
        },
      ),
    );
    expect(waitAfter(1, { jitter: 0.2, random: 0 })).toBe(800);
    expect(waitAfter(1, { jitter: 0.2, random: 0.999_999 })).toBe(1_200);
  });

  it('spreads them by chance where nothing else is said', () => {
    const waits = Array.from({ length: 50 }, () =>
      judge(new Error('passing'), {
        attempt: 1,
        maxAttempts: 3,
        moved: false,
        ageMs: 0,
        backoffMs: 1_000,
        jitter: 0.5,
      }),
    );
    expect(new Set(waits.map((verdict) => verdict.kind === 'retry' && verdict.delayMs)).size).toBeGreaterThan(10);
  });

  it.each([
    ['an error', new Error('passing')],
    ['a time limit', new JobTimeoutError('too slow')],
    ['a word', 'passing'],
    ['nothing', undefined],
  ])('tries again after %s until the attempts are spent', (_, thrown) => {
    const after = (attempt: number) =>
      judge(thrown, { attempt, maxAttempts: 3, moved: false, ageMs: 0, backoffMs: 10, jitter: 0 }).kind;
    expect([1, 2, 3].map(after)).toEqual(['retry', 'retry', 'fail']);
  });

  it('continues a run that got further before its time limit, at once and at any attempt', () => {
    for (const attempt of [1, 3]) {
      const verdict = judge(new JobTimeoutError('too slow'), {
        attempt,
        maxAttempts: 3,
        moved: true,
        ageMs: 0,
        backoffMs: 10,
        jitter: 0,
      });
      expect(verdict).toEqual({ kind: 'continue', delayMs: 0 });
    }
  });

  it('never tries again after a permanent error', () => {
    const verdict = judge(new PermanentError('GONE', 'gone'), {
      attempt: 1,
      maxAttempts: 9,
      moved: false,
      ageMs: 0,
      backoffMs: 1,
      jitter: 0,
    });
    expect(verdict).toEqual({ kind: 'fail' });
  });

  it.each([1, 3])('waits for a provider until the time it named, at attempt %d of 3', (attempt) => {
    const until = new Date('2030-01-01T00:00:00Z');
    const error = new RateLimitedError(until, 'slow down');
    expect(judge(error, { attempt, maxAttempts: 3, moved: false, ageMs: 0, backoffMs: 1, jitter: 1 })).toEqual({
      kind: 'snooze',
      until,
    });
  });

  it('gives a provider that asks for nothing, again and again, more time after each', () => {
    const waits = [0, 1, 2, 3, 4, 20].map((snoozes) => {
      const before = Date.now();
      const verdict = judge(new RateLimitedError(new Date(0), 'now'), {
        attempt: 1,
        maxAttempts: 3,
        moved: false,
        ageMs: 0,
        snoozes,
        backoffMs: 1_000,
        jitter: 0,
      });
      return verdict.kind === 'snooze' ? Math.floor((verdict.until.getTime() - before) / 1_000) : NaN;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 900]);
  });

  it.each([1, 3])('waits for other work until the time that it is given, at attempt %d of 3', (attempt) => {
    const until = new Date('2030-01-01T00:00:00Z');
    const error = new BlockedError(until, 'not yet');
    expect(judge(error, { attempt, maxAttempts: 3, moved: false, ageMs: 0, backoffMs: 1, jitter: 1 })).toEqual({
      kind: 'snooze',
      until,
    });
  });

  describe('after an interruption by the database', () => {
    const after = (ageMs: number) =>
      judge(new TransientDatabaseError(new Error('Connection terminated')), {
        attempt: 3,
        maxAttempts: 3,
        moved: false,
        ageMs,
        backoffMs: 1_000,
        jitter: 0,
      });

    it('continues without an attempt, after a tenth of the age of the job, between a second and a minute', () => {
      expect([0, 30_000, 3_600_000].map(after)).toEqual(
        [1_000, 3_000, 60_000].map((delayMs) => ({ kind: 'continue', delayMs })),
      );
    });

    it('counts attempts when the job is a day old', () => {
      expect(after(DAY_MS)).toEqual({ kind: 'fail' });
    });
  });

  it.each([1, 3])('hands back at shutdown, at attempt %d of 3', (attempt) => {
    const verdict = judge(new ShutdownError('bye'), {
      attempt,
      maxAttempts: 3,
      moved: false,
      ageMs: 0,
      backoffMs: 1,
      jitter: 0,
    });
    expect(verdict).toEqual({ kind: 'hand-back' });
  });
});
