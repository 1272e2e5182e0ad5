import { IANAZone } from 'luxon';
import { activeCells, hoursOfDay } from './active-cells.js';
import { peakHour } from '../estimators/circular.js';
import { clock } from './clock.js';
import { peak } from './peak.js';
import { EVENING, plantCommits, plantPlays, play, type PlantedItem } from '../../../test/support/planted-users.js';
import { statisticsOf } from '../../../test/support/statistics-of.js';
import { expectHeld } from '../../../test/support/held-intervals.js';
import { inFull } from '../../../test/support/length.js';

const PEOPLE = inFull(150, 40);

const context = (items: readonly PlantedItem[], iana: string | null = 'UTC', connected = ['spotify']) => ({
  statistics: statisticsOf(items, connected),
  zone: iana === null ? null : { iana, source: 'user' as const },
});
const at = (...iso: string[]) => iso.map((time, i) => play(`a${i}`, Date.parse(time)));
const cellsOf = (items: readonly PlantedItem[], iana: string) =>
  activeCells(statisticsOf(items, ['spotify']).activity, IANAZone.create(iana));
const activeHours = (week: readonly number[]) =>
  week.flatMap((count, cell) => (count > 0 ? [[Math.floor(cell / 24), cell % 24]] : []));

describe('active cells', () => {
  it('stand at the local weekday and hour: 21:40 UTC on a Sunday is Monday 03:25 in Kathmandu (+05:45)', () => {
    expect(activeHours(cellsOf(at('2026-03-01T21:40:00Z'), 'Asia/Kathmandu').week)).toEqual([[0, 3]]);
    expect(activeHours(cellsOf(at('2026-03-01T21:10:00Z'), 'Asia/Kathmandu').week)).toEqual([[0, 2]]);
  });

  it('follow the half-hour daylight saving of Lord Howe Island (+11 until 2026-04-05 02:00, then +10:30)', () => {
    // 14:50Z is 01:50 before the change, 15:10Z is 01:40 after it: one local hour, lived through twice.
    const twice = cellsOf(at('2026-04-04T14:50:00Z', '2026-04-04T15:10:00Z'), 'Australia/Lord_Howe');
    expect(activeHours(twice.week)).toEqual([[6, 1]]);
    expect(twice).toMatchObject({ n: 1, days: 1 });
    const later = cellsOf(at('2026-04-04T15:40:00Z', '2026-04-05T10:20:00Z'), 'Australia/Lord_Howe');
    expect(activeHours(later.week)).toEqual([
      [6, 2],
      [6, 20],
    ]);
  });

  it('count an hour once a day whatever happens in it, over all platforms', () => {
    const cells = cellsOf(
      at('2026-03-02T10:01:00Z', '2026-03-02T10:20:00Z', '2026-03-02T10:59:00Z', '2026-03-09T10:00:00Z'),
      'UTC',
    );
    expect(cells).toMatchObject({ n: 2, days: 2 });
    expect(hoursOfDay(cells.week)[10]).toBe(2);
  });
});

describe('rhythms.clock', () => {
  it('is the share of active hours, with an interval for each hour of the day', () => {
    const facet = clock.build(context(plantPlays({ seed: 5, days: 200, hours: EVENING })))['rhythms.clock@spotify']!;
    if (facet.status !== 'known' || facet.shape !== 'clock') throw new Error(JSON.stringify(facet));
    expect(facet.value.week.flat().reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    facet.value.hours.forEach((share, hour) => {
      expect(share).toBeCloseTo(
        facet.value.week.reduce((sum, day) => sum + (day[hour] ?? 0), 0),
        4,
      );
      expect(facet.interval.hours[hour]![0]).toBeLessThanOrEqual(share);
      expect(facet.interval.hours[hour]![1]).toBeGreaterThanOrEqual(share);
    });
  });

  it('does not claim that an hour never seen stays unseen: about 3 of n cells remain possible', () => {
    const daily = Array.from({ length: 60 * 4 }, (_, i) =>
      play('a', (20_000 + Math.floor(i / 4)) * 86_400_000 + (i % 4) * 3_600_000),
    );
    const facet = clock.build(context(daily))['rhythms.clock']!;
    if (facet.status !== 'known' || facet.shape !== 'clock') throw new Error(JSON.stringify(facet));
    expect(facet.value.hours.slice(3, 6)).toEqual([0.25, 0, 0]);
    expect(facet.interval.hours[5]![0]).toBe(0);
    expect(facet.interval.hours[5]![1]).toBeCloseTo(3 / 240, 3);
  });

  it('asks for 28 local days, then for 150 active hours', () => {
    const daily = (count: number) => Array.from({ length: count }, (_, i) => play('a', (20_000 + i) * 86_400_000));
    expect(clock.build(context(daily(10)))['rhythms.clock']).toEqual({
      status: 'unknown',
      reason: 'too_few_days',
      have: 10,
      need: 28,
      unit: 'active days',
    });
    expect(clock.build(context(daily(40)))['rhythms.clock']).toMatchObject({
      reason: 'too_few_items',
      have: 40,
      need: 150,
    });
  });

  it('asks for the time zone, and does not take the server’s', () => {
    const items = plantPlays({ seed: 5, days: 200 });
    for (const iana of [null, 'Mars/Olympus']) {
      expect(clock.build(context(items, iana))['rhythms.clock']).toEqual({ status: 'unknown', reason: 'no_time_zone' });
    }
  });

  it('leaves YouTube and what the person did not do out of the pool', () => {
    const plays = plantPlays({ seed: 5, days: 100 });
    const youtube = plantPlays({ seed: 6, days: 100 }).map((item) => ({ ...item, platform: 'youtube', kind: 'like' }));
    const content = plantPlays({ seed: 7, days: 100 }).map((item) => ({
      ...item,
      kind: 'x',
      timeMeaning: 'content' as const,
    }));
    const alone = clock.build(context(plays))['rhythms.clock@spotify'];
    const built = clock.build(context([...plays, ...youtube, ...content], 'UTC', ['spotify', 'youtube']));
    expect(built['rhythms.clock']).toEqual(alone);
    expect(built['rhythms.clock@spotify']).toEqual(alone);
    expect(Object.keys(built)).toEqual(['rhythms.clock', 'rhythms.clock@spotify', 'rhythms.clock@youtube']);
  });
});

describe('recorded twice', () => {
  it('as a commit and as the event of its push, an hour still counts once', () => {
    const commits = plantCommits({ seed: 5, days: 200 });
    const events = commits.map((item) => ({ ...item, kind: 'event', payload: { type: 'PushEvent' } }));
    for (const facet of [clock, peak]) {
      const [once, twice] = [commits, [...commits, ...events]].map(
        (items) => facet.build(context(items, 'Europe/Berlin', ['github']))[`${facet.name}@github`]!,
      );
      if (once?.status !== 'known' || twice?.status !== 'known') throw new Error(JSON.stringify([once, twice]));
      expect({ ...twice, evidence: null, coverage: null }).toEqual({ ...once, evidence: null, coverage: null });
      expect(twice.evidence.kinds).toEqual(['github.commit', 'github.event']);
      expect([once.coverage.truncated, twice.coverage.truncated]).toEqual([false, true]);
    }
  });
});

describe('rhythms.peak', () => {
  const valueOf = (items: readonly PlantedItem[], iana = 'UTC') => {
    const facet = peak.build(context(items, iana))['rhythms.peak']!;
    if (facet.status !== 'known' || facet.shape !== 'number') throw new Error(JSON.stringify(facet));
    return facet;
  };

  it('of an evening listener after 364 days is 21.9 ± 0.9', () => {
    for (const seed of [1, 2, 3]) {
      expect(Math.abs(valueOf(plantPlays({ seed, days: 364, hours: EVENING })).value - 21.9)).toBeLessThanOrEqual(0.9);
    }
  });

  it(`has 90 % intervals that hold the truth for 78 to 96 % of ${PEOPLE} planted users (seeds 1 to ${PEOPLE})`, () => {
    const total = EVENING.reduce((a, b) => a + b, 0);
    const truth = peakHour(EVENING.map((w) => [1, 2, 3, 4, 5].reduce((sum, k) => sum + 1 - (1 - w / total) ** k, 0)));
    let held = 0;
    for (let seed = 1; seed <= PEOPLE; seed++) {
      const { interval } = valueOf(plantPlays({ seed, days: 180, hours: EVENING, plays: [1, 1] }));
      if (interval[0] <= truth && truth <= interval[1]) held += 1;
    }
    console.log(`peak: truth ${truth.toFixed(2)}, held by ${held} of ${PEOPLE} intervals (seeds 1 to ${PEOPLE})`);
    expectHeld(held, PEOPLE, [0.78, 0.96]);
  });

  it(`finds no daily pattern in at least 97 % of ${PEOPLE} people without one (seeds 1 to ${PEOPLE})`, () => {
    let passed = 0;
    for (let seed = 1; seed <= PEOPLE; seed++) {
      const facet = peak.build(context(plantPlays({ seed, days: 100, plays: [3, 15] })))['rhythms.peak']!;
      if (facet.status === 'known' || facet.reason !== 'no_daily_pattern') passed += 1;
    }
    console.log(`gate: ${passed} of ${PEOPLE} clockless users passed (seeds 1 to ${PEOPLE})`);
    expect(passed / PEOPLE).toBeLessThanOrEqual(inFull(0.03, 0.1));
  });

  it('has an interval that runs forward through midnight', () => {
    const facet = valueOf(plantPlays({ seed: 9, days: 200, hours: EVENING }), 'Etc/GMT-2'); // UTC+2
    expect(facet).toMatchObject({ period: 24, unit: 'local hour' });
    expect(facet.interval[0]).toBeGreaterThan(23);
    expect(facet.interval[1]).toBeLessThan(1);
  });

  it('of someone whose days are all alike is their hour, no more exactly than an hour', () => {
    const daily = Array.from({ length: 80 }, (_, i) => play('a', (20_000 + i) * 86_400_000 + 7.2 * 3_600_000));
    expect(valueOf(daily)).toMatchObject({ value: 7.5, interval: [7, 8] });
  });

  it('asks for 60 days, and for days that do not all fall on every twentieth', () => {
    const every = (step: number, count: number) =>
      Array.from({ length: count }, (_, i) => play('a', (20_000 + i * step) * 86_400_000));
    expect(peak.build(context(every(1, 42)))['rhythms.peak']).toMatchObject({
      reason: 'too_few_days',
      have: 42,
      need: 60,
    });
    expect(peak.build(context(every(20, 70)))['rhythms.peak']).toMatchObject({ reason: 'history_too_short', have: 1 });
  });

  it('is unknown for someone active around the clock, every day', () => {
    const always = Array.from({ length: 70 * 24 }, (_, i) => play('a', 20_000 * 86_400_000 + i * 3_600_000));
    expect(peak.build(context(always))['rhythms.peak']).toMatchObject({ reason: 'no_daily_pattern', have: 0 });
  });
});
