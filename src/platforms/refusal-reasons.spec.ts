import { bodyOf, type RecordedRefusal } from '../../test/support/recorded-refusal.js';
import { RECORDED_REFUSALS } from '../../test/support/recorded-refusals.js';
import { PlatformError, type PlatformErrorCode } from './platform-error.js';
import { problemOf, reasonOf } from './refusal-reasons.js';
import { findPlatform, platforms } from './registry.js';

const NOW = new Date('2026-11-24T12:00:00Z');

const answerOf = (refusal: RecordedRefusal) => ({
  status: refusal.status,
  headers: new Map(Object.entries(refusal.headers ?? {})),
  body: bodyOf(refusal),
});

describe('a refusal that was recorded', () => {
  test.each(RECORDED_REFUSALS.map((refusal) => [refusal.platform, refusal.status, refusal.code, refusal] as const))(
    'of %s (%i) is known as %s',
    (name, _status, code, refusal) => {
      const platform = findPlatform(name)!;
      const { actor, concerns } = refusal;
      expect(reasonOf(platform.refusals, answerOf(refusal))).toMatchObject({ code, actor, concerns });
      const limited = platform.rateLimitedUntil?.(answerOf(refusal), NOW);
      expect(limited !== undefined).toBe(concerns === 'pace');
      if (code === 'QUOTA_SPENT') expect(limited).toEqual(new Date('2026-11-25T08:00:00Z'));
    },
  );

  test('stands for each row of each table', () => {
    const known = RECORDED_REFUSALS.map((each) => reasonOf(findPlatform(each.platform)!.refusals, answerOf(each)));
    expect(platforms.flatMap(({ refusals }) => refusals).filter((row) => !known.includes(row))).toEqual([]);
  });

  test('is not recognised under a status with which it does not come', () => {
    for (const refusal of RECORDED_REFUSALS) {
      const answer = { ...answerOf(refusal), status: 500 };
      expect(reasonOf(findPlatform(refusal.platform)!.refusals, answer)).toBeUndefined();
    }
  });
});

test('a reason is sought at the beginning of a body only, however long it is', () => {
  const refusals = findPlatform('youtube')!.refusals;
  const body = (before: number) => `${' '.repeat(before)}{"reason": "accessNotConfigured"}`;
  const codeAfter = (before: number) =>
    reasonOf(refusals, { status: 403, headers: new Map(), body: body(before) })?.code;
  expect([codeAfter(0), codeAfter(10_000)]).toEqual(['API_NOT_ENABLED', undefined]);
});

describe('the sentences', () => {
  const rows = platforms.flatMap((platform) => platform.refusals.map((row) => ({ ...row, title: platform.title })));

  test('are whole ones, name who acts, and quote nothing', () => {
    for (const { message, actor, title } of rows) {
      expect(message).toMatch(/^[A-Z].*\.$/);
      expect(message).not.toMatch(/\b[45]\d\d\b|https?:/);
      expect(message.includes('operator')).toBe(actor === 'operator');
      expect(message).toMatch(new RegExp(`${title}|Google|organisation|You|token`));
    }
  });

  test('have one actor for each code', () => {
    const actors = new Map<string, Set<string>>();
    for (const { code, actor } of rows) actors.set(code, (actors.get(code) ?? new Set()).add(actor));
    expect([...actors].filter(([, each]) => each.size > 1)).toEqual([]);
  });

  test('exist for failures of every kind without a known reason', () => {
    const codes: PlatformErrorCode[] = [
      ...(['PLATFORM_RATE_LIMITED', 'PLATFORM_UNAUTHORIZED', 'PLATFORM_FORBIDDEN', 'PLATFORM_NOT_FOUND'] as const),
      ...(['PLATFORM_REFUSED', 'PLATFORM_BAD_ANSWER', 'PLATFORM_UNAVAILABLE'] as const),
    ];
    const problems = codes.map((code) => problemOf(new PlatformError(code, 'x', { status: 418 }), 'Spotify'));
    expect(problems.map(({ actor }) => actor)).toEqual([
      ...['nobody', 'person', 'provider', 'provider'],
      ...['operator', 'operator', 'provider'],
    ]);
    for (const { message } of problems) expect(message).toMatch(/^Spotify .*\.$/);
  });
});
