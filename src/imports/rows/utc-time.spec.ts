import { canHaveHappened, utcTime } from './utc-time.js';

describe('A time in an export', () => {
  it.each([
    ['2023-04-05T06:07:08Z', '2023-04-05T06:07:08.000Z', 'second'],
    ['2023-04-05T06:07:08.123Z', '2023-04-05T06:07:08.123Z', 'second'],
    ['2023-04-05 06:07:08 UTC', '2023-04-05T06:07:08.000Z', 'second'],
    ['2023-04-05T06:07:08+00:00', '2023-04-05T06:07:08.000Z', 'second'],
    ['2023-04-05T06:07Z', '2023-04-05T06:07:00.000Z', 'minute'],
    ['2023-04-05 06:07', '2023-04-05T06:07:00.000Z', 'minute'],
    ['05 Apr 2023 06:07', '2023-04-05T06:07:00.000Z', 'minute'],
    ['5 apr 2023, 06:07:08', '2023-04-05T06:07:08.000Z', 'second'],
    ['2024-02-29 00:00', '2024-02-29T00:00:00.000Z', 'minute'],
  ])('is read from "%s"', (text, iso, toldTo) => {
    const time = utcTime(text);
    expect({ ...time, at: new Date(time?.at ?? 0).toISOString() }).toEqual({ at: iso, toldTo });
  });

  it.each([
    ...['', 'yesterday', '2023-04-05', '2023-02-30 06:07', '31 Apr 2023 06:07', '2023-04-05T25:07:08Z'],
    ...[
      '2023-04-05T06:07:08+02:00',
      '05 Foo 2023 06:07',
      '0000-00-00 00:00:00',
      '2023-04-05T06:60Z',
      '\0',
      'x'.repeat(1e6),
    ],
    ...[null, undefined, 5, {}, [], true],
  ])('is none in %j', (value) => {
    expect(utcTime(value)).toBeNull();
  });

  it('can have happened between the beginning of its platform and a day after the archive was received', () => {
    const received = new Date(1_000_000_000_000);
    expect(canHaveHappened(9, 10, received)).toBe(false);
    expect(canHaveHappened(10, 10, received)).toBe(true);
    expect(canHaveHappened(received.getTime() + 86_400_000, 10, received)).toBe(true);
    expect(canHaveHappened(received.getTime() + 86_400_001, 10, received)).toBe(false);
    expect(canHaveHappened(9e15, 10, undefined)).toBe(true);
  });
});
