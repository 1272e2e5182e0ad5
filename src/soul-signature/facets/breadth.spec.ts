import { breadth } from './breadth.js';
import { plantPlays, play, type PlantedItem } from '../../../test/support/planted-users.js';
import { statisticsOf } from '../../../test/support/statistics-of.js';
import { expectHeld } from '../../../test/support/held-intervals.js';
import { inFull } from '../../../test/support/length.js';

const PEOPLE = inFull(300, 40);

const facetOf = (items: readonly PlantedItem[], connected = ['spotify']) =>
  breadth.build({ statistics: statisticsOf(items, connected), zone: null })['taste.breadth']!;

/** Items of `days` days with the given artists each. */
const days = (count: number, artists: (day: number) => readonly string[]) =>
  Array.from({ length: count }, (_, day) => artists(day).map((id) => play(id, (20_000 + day) * 86_400_000 + 1))).flat();

/** S(100) in the limit of endless listening: P(artist on an active day) by its number of sessions, 1 to 5. */
function trueBreadth(artists: number): number {
  const weights = Array.from({ length: artists }, (_, i) => 1 / (i + 1));
  const total = weights.reduce((a, b) => a + b, 0);
  const perDay = weights.map((w) => [1, 2, 3, 4, 5].reduce((sum, k) => sum + (1 - (1 - w / total) ** k) / 5, 0));
  const all = perDay.reduce((a, b) => a + b, 0);
  return perDay.reduce((sum, p) => sum + 1 - (1 - p / all) ** 100, 0);
}

describe('taste.breadth', () => {
  it('of a Zipf listener with 300 artists after a year is 55.4 ± 4', () => {
    for (const seed of [1, 2, 3]) {
      const facet = facetOf(plantPlays({ seed, days: 365 }));
      if (facet.status !== 'known' || facet.shape !== 'number') throw new Error(JSON.stringify(facet));
      expect(Math.abs(facet.value - 55.4)).toBeLessThanOrEqual(4);
      expect(facet.confidence.level).toBe('high');
      expect(facet.coverage.sampleCoverage).toBeGreaterThan(0.85);
    }
  });

  it(`has 90 % intervals that hold the truth for 84 to 96 % of ${PEOPLE} planted users (seeds 1 to ${PEOPLE})`, () => {
    const truth = trueBreadth(300);
    let held = 0;
    for (let seed = 1; seed <= PEOPLE; seed++) {
      const facet = facetOf(plantPlays({ seed, days: 180, plays: [1, 1] }));
      if (facet.status !== 'known' || facet.shape !== 'number') {
        throw new Error(`seed ${seed}: ${JSON.stringify(facet)}`);
      }
      if (facet.interval[0] <= truth && truth <= facet.interval[1]) held += 1;
    }
    console.log(`breadth: truth ${truth.toFixed(2)}, held by ${held} of ${PEOPLE} intervals (seeds 1 to ${PEOPLE})`);
    expectHeld(held, PEOPLE);
  });

  it('counts an artist once a day: binges and re-imports change nothing', () => {
    const items = days(60, (day) => ['a', 'b', `c${day % 40}`]);
    const binge = Array.from({ length: 500 }, (_, i) => play('a', 20_000 * 86_400_000 + 2 + i));
    const { value, interval } = facetOf(items) as { value?: number; interval?: unknown };
    expect(facetOf([...items, ...binge])).toMatchObject({ value, interval });
    expect(value).toBeCloseTo(2 + 40 * (1 - missing(180, 100)), 1); // 20 artists seen twice, 20 once: near enough by hand
  });

  /** Mean chance that one of the 40 rarer artists is not drawn: half were seen twice, half once. */
  const missing = (n: number, m: number) => ((n - m) / n + ((n - m) * (n - m - 1)) / (n * (n - 1))) / 2;

  it('says how many days and artist-days are missing', () => {
    expect(facetOf(days(12, () => ['a', 'b']))).toEqual({
      status: 'unknown',
      reason: 'too_few_days',
      have: 12,
      need: 30,
      unit: 'days with plays',
    });
    expect(facetOf(days(40, () => ['a', 'b']))).toMatchObject({ reason: 'too_few_items', have: 80, need: 150 });
    expect(facetOf([])).toMatchObject({ reason: 'too_few_days', have: 0 });
    expect(facetOf([], [])).toEqual({ status: 'unknown', reason: 'not_connected' });
  });

  it('is withheld as too uncertain when the days contradict each other', () => {
    const facet = facetOf(
      days(40, (day) => (day % 20 === 3 ? Array.from({ length: 90 }, (_, i) => `x${day}-${i}`) : ['a', 'b'])),
    );
    expect(facet).toMatchObject({ status: 'unknown', reason: 'too_uncertain', need: 20 });
  });
});
