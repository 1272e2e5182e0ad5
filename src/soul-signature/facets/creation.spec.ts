import fc from 'fast-check';
import { cadence } from './cadence.js';
import { languages } from './languages.js';
import type { KnownNumber, KnownShares } from '../document/facet.js';
import {
  commit,
  plantCommits,
  randomOf,
  WORKSHOP,
  type Maker,
  type PlantedItem,
} from '../../../test/support/planted-users.js';
import { statisticsOf } from '../../../test/support/statistics-of.js';
import { expectHeld } from '../../../test/support/held-intervals.js';
import { inFull } from '../../../test/support/length.js';

const PEOPLE = inFull(300, 40);

const DAY = 86_400_000;
const context = (items: readonly PlantedItem[], iana: string | null = 'UTC', connected = ['github']) => ({
  statistics: statisticsOf(items, connected),
  zone: iana === null ? null : { iana, source: 'user' as const },
});
const languagesOf = (items: readonly PlantedItem[], connected = ['github']) =>
  languages.build(context(items, null, connected))['creation.languages']!;
const cadenceOf = (items: readonly PlantedItem[], iana: string | null = 'UTC', connected = ['github']) =>
  cadence.build(context(items, iana, connected))['creation.cadence']!;
const shares = (items: readonly PlantedItem[]): KnownShares => {
  const facet = languagesOf(items);
  if (facet.status !== 'known' || facet.shape !== 'shares') throw new Error(JSON.stringify(facet));
  return facet;
};
const perWeek = (items: readonly PlantedItem[], iana = 'UTC'): KnownNumber => {
  const facet = cadenceOf(items, iana);
  if (facet.status !== 'known' || facet.shape !== 'number') throw new Error(JSON.stringify(facet));
  return facet;
};
const holds = ([low, high]: readonly [number, number], truth: number) => low <= truth && truth <= high;

/** Shares of repo-days in the limit of endless work: a repository's chance on a working day of 1 to 3 draws. */
function trueShares(): Map<string, number> {
  const total = WORKSHOP.reduce((sum, { weight }) => sum + weight, 0);
  const found = new Map<string, number>();
  for (const { language, weight } of WORKSHOP) {
    if (language === null) continue;
    const chance = [1, 2, 3].reduce((sum, k) => sum + (1 - (1 - weight / total) ** k) / 3, 0);
    found.set(language, (found.get(language) ?? 0) + chance);
  }
  const all = [...found.values()].reduce((a, b) => a + b, 0);
  return new Map([...found].map(([language, chance]) => [language, chance / all]));
}
const TRUE_SHARES = trueShares();
const TRUE_EFFECTIVE = [...TRUE_SHARES.values()].reduce((sum, share) => sum + 1 - (1 - share) ** 10, 0);

/** Where commits are many and none of the question, one a repo-day is quicker. */
const ONE_EACH = WORKSHOP.map((repository) => ({ ...repository, commits: 1 }));
const ONE_REPOSITORY = ONE_EACH.slice(0, 1);

describe('creation.languages', () => {
  it('finds the planted shares of repo-days after a year, largest first', () => {
    const facet = shares(plantCommits({ seed: 1, days: 365 }));
    expect(facet.value.shares.map(({ label }) => label)).toEqual(['Rust', 'TypeScript', 'Python', 'Go', 'HTML']);
    for (const { label, share } of facet.value.shares) {
      expect(Math.abs(share - TRUE_SHARES.get(label)!)).toBeLessThan(0.05);
    }
    expect(Math.abs(facet.value.effective - TRUE_EFFECTIVE)).toBeLessThan(0.4);
    expect(facet.value.shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 5);
    expect(facet.n).toBe(facet.value.shares.reduce((sum, { repoDays }) => sum + repoDays, 0));
    expect(facet.confidence.level).toBe('high');
  });

  it(`has 90 % intervals that hold the truth for 84 to 96 % of ${PEOPLE} planted makers (seeds 1 to ${PEOPLE})`, () => {
    const held = { Rust: 0, TypeScript: 0, Python: 0, effective: 0 };
    for (let seed = 1; seed <= PEOPLE; seed++) {
      const facet = shares(plantCommits({ seed, days: 120, repositories: ONE_EACH }));
      for (const { label, interval } of facet.value.shares) {
        if (label in held && holds(interval, TRUE_SHARES.get(label)!)) held[label as keyof typeof held] += 1;
      }
      if (holds(facet.interval.effective, TRUE_EFFECTIVE)) held.effective += 1;
    }
    console.log(`languages: held of ${PEOPLE} intervals (seeds 1 to ${PEOPLE}): ${JSON.stringify(held)}`);
    for (const count of Object.values(held)) expectHeld(count, PEOPLE);
  });

  it('counts neither commits nor bytes: most commits are Python’s, most bytes C’s, and most days Rust’s', () => {
    const items = plantCommits({ seed: 2, days: 365 });
    const python = items.filter(({ payload }) => payload['language'] === 'Python').length;
    expect(python / items.length).toBeGreaterThan(0.5);
    const bytes: PlantedItem = {
      platform: 'github',
      kind: 'repository-languages',
      externalId: '1',
      key: 'repo:1',
      at: null,
      timeMeaning: 'snapshot',
      payload: { languages: { C: 90_000_000, Rust: 12_345 } },
    };
    const facet = shares([...items, bytes]);
    expect(facet).toEqual(shares(items));
    expect(facet.value.shares[0]!.label).toBe('Rust');
    expect(Math.abs(facet.value.shares[2]!.share - TRUE_SHARES.get('Python')!)).toBeLessThan(0.05);
    const [{ at }] = items as [PlantedItem];
    const binge = Array.from({ length: 500 }, (_, i) => commit('1', at! - (at! % DAY) + i * 60_000, 'Rust', `b${i}`));
    const { value, interval, n } = shares([...items, commit('1', at!, 'Rust', 'one')]);
    expect(shares([...items, ...binge])).toMatchObject({ value, interval, n });
  });

  it('counts repositories of one language on one day apart, and one with two names of its language once', () => {
    const items = Array.from({ length: 40 }, (_, i) => [
      commit('1', (20_000 + i) * DAY, i < 20 ? 'JavaScript' : 'TypeScript', `a${i}`),
      commit('2', (20_000 + i) * DAY, 'TypeScript', `b${i}`),
      commit('3', (20_000 + i) * DAY, null, `c${i}`),
    ]).flat();
    const facet = shares(items);
    expect(facet).toMatchObject({ n: 80, days: 40 });
    expect(facet.value.shares).toMatchObject([{ key: 'language:TypeScript', label: 'TypeScript', repoDays: 80 }]);
  });

  it('does not claim that a language never used stays unused', () => {
    const facet = shares(Array.from({ length: 60 }, (_, i) => commit('1', (20_000 + i) * DAY, 'Rust')));
    expect(facet.value).toMatchObject({ effective: 1, shares: [{ share: 1 }] });
    expect(facet.value.shares[0]!.interval[0]).toBeCloseTo(1 - 3 / 60, 2);
    expect(facet.interval.effective[0]).toBe(1);
    expect(facet.interval.effective[1]).toBeCloseTo(1.4, 1);
  });

  it('shows at most twelve languages', () => {
    const many = Array.from({ length: 400 }, (_, i) => commit(`${i % 16}`, (20_000 + i) * DAY, `L${i % 16}`));
    expect(shares(many).value.shares).toHaveLength(12);
  });

  it('says what is missing', () => {
    const of = (days: number, repositories: number, step = 1) =>
      Array.from({ length: days }, (_, i) =>
        Array.from({ length: repositories }, (_r, r) => commit(`${r}`, (20_000 + i * step) * DAY, 'Rust')),
      ).flat();
    expect(languagesOf([], [])).toEqual({ status: 'unknown', reason: 'not_connected' });
    expect(languagesOf(of(12, 5))).toEqual({
      status: 'unknown',
      reason: 'too_few_days',
      have: 12,
      need: 20,
      unit: 'days with commits',
    });
    expect(languagesOf(of(25, 1))).toMatchObject({ reason: 'too_few_items', have: 25, need: 30, unit: 'repo-days' });
    expect(languagesOf(of(40, 2, 10))).toMatchObject({ reason: 'history_too_short', have: 2, need: 10 });
    const silent = of(60, 1).map((item) => ({ ...item, payload: { ...item.payload, language: null } }));
    expect(languagesOf(silent)).toMatchObject({ reason: 'too_few_days', have: 0 });
  });

  it('is withheld as too uncertain when the days contradict each other', () => {
    const items = Array.from({ length: 30 }, (_, i) =>
      i % 20 === 3
        ? Array.from({ length: 20 }, (_r, r) => commit(`go${r}`, (20_000 + i) * DAY, 'Go'))
        : [commit('1', (20_000 + i) * DAY, 'Rust')],
    ).flat();
    expect(languagesOf(items)).toMatchObject({ reason: 'too_uncertain', need: 0.2, unit: 'share of repo-days' });
  });
});

describe('creation.cadence', () => {
  const WORKDAYS = [0.8, 0.8, 0.8, 0.8, 0.8, 0.2, 0.2];
  const truth = 4.4;

  it('of someone working 4.4 days a week is 4.4 ± .5 after a year, in days of whole weeks', () => {
    for (const seed of [1, 2, 3]) {
      const facet = perWeek(plantCommits({ seed, days: 365, week: WORKDAYS }));
      expect(Math.abs(facet.value - truth)).toBeLessThanOrEqual(0.5);
      expect(facet.confidence.level).not.toBe('low');
      expect(facet.coverage).toMatchObject({ from: '2025-11-24', to: '2026-11-15' }); // Monday to Sunday
      expect(facet).toMatchObject({ n: 51, unit: 'days per week' });
    }
  });

  it.each([
    ['a year', 365],
    ['eleven weeks', 77],
  ])('has 90 %% intervals that hold the truth for 84 to 96 %% of planted makers, after %s', (_name, days) => {
    let held = 0;
    for (let seed = 1; seed <= PEOPLE; seed++) {
      const facet = cadenceOf(plantCommits({ seed, days, week: WORKDAYS, repositories: ONE_REPOSITORY }));
      if (facet.status === 'known' && facet.shape === 'number' && holds(facet.interval, truth)) held += 1;
    }
    console.log(`cadence: held by ${held} of ${PEOPLE} intervals after ${days} days`);
    expectHeld(held, PEOPLE);
  });

  it('is unbiased for rare makers; the edge weeks, there because of a commit, would raise it', () => {
    const rare: Omit<Maker, 'seed'> = {
      days: 210,
      week: new Array<number>(7).fill(0.15),
      repositories: ONE_REPOSITORY,
    };
    let [sum, squares, edges] = [0, 0, 0];
    const seeds = 300;
    for (let seed = 1; seed <= seeds; seed++) {
      const items = plantCommits({ seed, ...rare });
      const { value } = perWeek(items);
      sum += value;
      squares += value ** 2;
      const days = [...new Set(items.map(({ at }) => Math.floor(at! / DAY)))];
      edges += days.length / ((Math.max(...days) - Math.min(...days) + 1) / 7);
    }
    const mean = sum / seeds;
    const error = Math.sqrt((squares / seeds - mean ** 2) / seeds);
    console.log(
      `cadence: truth 1.05, mean ${mean.toFixed(3)} ± ${error.toFixed(3)}, with edges ${(edges / seeds).toFixed(3)}`,
    );
    expect(Math.abs(mean - 1.05)).toBeLessThan(3 * error);
    expect(edges / seeds - 1.05).toBeGreaterThan(3 * error);
  });

  it('counts the person’s own days: evenings in Los Angeles cross UTC midnight', () => {
    const items = plantCommits({ seed: 4, days: 300, week: WORKDAYS, hours: [21, 28] });
    const local = perWeek(items, 'America/Los_Angeles');
    expect(Math.abs(local.value - truth)).toBeLessThan(0.5);
    expect(perWeek(items, 'UTC').value).toBeGreaterThan(local.value + 0.5);
  });

  it('counts days, not commits, and weeks without any as weeks', () => {
    const every = (step: number, weeks: number) =>
      Array.from({ length: weeks }, (_, w) => commit('1', (20_003 + w * 7 * step) * DAY, 'Rust')); // 20,003 is a Monday
    const facet = perWeek(every(2, 30));
    expect(facet.value).toBeCloseTo(28 / 57, 4);
    const again = every(2, 30).flatMap((item) => [item, commit('1', item.at! + 3_600_000, 'Rust')]);
    expect(perWeek(again)).toMatchObject({ value: facet.value, interval: facet.interval, n: 57, days: 28 });
  });

  it('of someone who never misses a day is 7, and perhaps a little less', () => {
    const facet = perWeek(Array.from({ length: 200 }, (_, i) => commit('1', (20_000 + i) * DAY, 'Rust')));
    expect(facet.value).toBe(7);
    expect(facet.interval[1]).toBe(7);
    expect(facet.interval[0]).toBeGreaterThan(6.8);
    expect(facet.interval[0]).toBeLessThan(7);
  });

  it('says what is missing', () => {
    const weeks = (count: number) =>
      Array.from({ length: count }, (_, w) => commit('1', (20_003 + w * 7) * DAY, 'Rust'));
    expect(cadenceOf([], 'UTC', [])).toEqual({ status: 'unknown', reason: 'not_connected' });
    expect(cadenceOf(weeks(30), null)).toEqual({ status: 'unknown', reason: 'no_time_zone' });
    expect(cadenceOf([])).toMatchObject({ reason: 'history_too_short', have: 0, need: 8 });
    expect(cadenceOf(weeks(1))).toMatchObject({ have: 0 });
    expect(cadenceOf(weeks(9))).toEqual({
      status: 'unknown',
      reason: 'history_too_short',
      have: 7,
      need: 8,
      unit: 'whole weeks',
    });
    expect(cadenceOf(weeks(11))).toMatchObject({ reason: 'too_few_days', have: 9, need: 10 });
    const wild = Array.from({ length: 11 }, (_, w) =>
      Array.from({ length: w % 2 === 0 ? 7 : 1 }, (_d, d) => commit('1', (20_003 + w * 7 + d) * DAY, 'Rust')),
    ).flat();
    expect(cadenceOf(wild)).toMatchObject({ reason: 'too_uncertain', need: 1, unit: 'days per week' });
  });
});

describe('creation', () => {
  it('is the same bytes for the same commits in any order and any number of times', () => {
    const items = plantCommits({ seed: 7, days: 150 });
    const build = (all: readonly PlantedItem[]) => JSON.stringify([languagesOf(all), cadenceOf(all, 'Asia/Kathmandu')]);
    const expected = build(items);
    fc.assert(
      fc.property(fc.shuffledSubarray(items), fc.integer(), (again, seed) => {
        const random = randomOf(seed);
        const shuffled = items.map((item) => [random(), item] as const).sort(([a], [b]) => a - b);
        expect(build([...again, ...shuffled.map(([, item]) => item)])).toBe(expected);
      }),
      { seed: 5, numRuns: 5 },
    );
  });

  it('does not look at the time zone for languages, nor at anything but commits', () => {
    const items = plantCommits({ seed: 8, days: 150 });
    const noise = plantCommits({ seed: 9, days: 150 }).map((item) => ({ ...item, kind: 'event' }));
    expect(languages.build(context([...items, ...noise], 'Pacific/Kiritimati'))['creation.languages']).toEqual(
      languagesOf(items),
    );
    expect(cadenceOf([...items, ...noise])).toEqual(cadenceOf(items));
  });
});
