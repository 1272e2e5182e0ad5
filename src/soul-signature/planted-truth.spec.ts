import { peakHour } from './estimators/circular.js';
import { effectiveOfOrder2 } from './estimators/hill.js';
import { interdailyStability } from './estimators/interdaily-stability.js';
import { isDrift } from './facets/drift.js';
import { FACETS } from './facets/facets.js';
import { quietHour } from './facets/peak.js';
import type { Facet, KnownNumber } from './document/facet.js';
import {
  commit,
  EVENING,
  letter,
  meeting,
  plantPlays,
  randomOf,
  type Listener,
  type PlantedItem,
} from '../../test/support/planted-users.js';
import { statisticsOf } from '../../test/support/statistics-of.js';
import { expectHeld } from '../../test/support/held-intervals.js';
import { inFull } from '../../test/support/length.js';

/** In full as many people are planted as the promise is about; a sample shows that nothing broke. */
const SEEDS = inFull(300, 16);
const WHOLE = SEEDS >= 300;
if (WHOLE) jest.setTimeout(1_800_000);

type Facets = Readonly<Record<string, Facet>>;
/** Only the estimates that are asked for: a whole signature of hundreds of people takes minutes. */
const estimate = (items: readonly PlantedItem[], names: readonly string[], connected = ['spotify']): Facets => {
  const context = { statistics: statisticsOf(items, connected), zone: { iana: 'UTC', source: 'user' } as const };
  const asked = FACETS.filter(({ name }) => names.includes(name));
  expect(asked).toHaveLength(names.length);
  return Object.assign({}, ...asked.map((facet) => facet.build(context))) as Facets;
};
const known = (facet: Facet | undefined): KnownNumber => {
  if (facet?.status !== 'known' || facet.shape !== 'number') throw new Error(JSON.stringify(facet));
  return facet;
};
const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
const people = (listener: Omit<Listener, 'seed'>, ...names: readonly string[]) =>
  seeds.map((seed) => estimate(plantPlays({ seed, plays: [1, 1], ...listener }), names));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function holds(name: string, facets: readonly KnownNumber[], truth: number, bounds?: [number, number]): void {
  const held = facets.filter(({ interval: [low, high], period }) =>
    period && low > high ? truth >= low || truth <= high : low <= truth && truth <= high,
  ).length;
  console.log(
    `${name}: truth ${truth.toFixed(3)}, mean ${mean(facets.map(({ value }) => value)).toFixed(3)}, held by ${held} of ${facets.length}`,
  );
  expectHeld(held, facets.length, bounds);
}

describe('a listener of 300 artists by Zipf’s law, for a year', () => {
  let facets: readonly Facets[];
  beforeAll(() => {
    facets = people({ days: 365 }, 'taste.breadth', 'taste.effective_artists', 'taste.concentration', 'taste.repeat');
  });

  it('is 55.4 ± 4 artists wide, and 29 ± 7 artists of order 2', () => {
    for (const person of facets) {
      expect(Math.abs(known(person['taste.breadth']).value - 55.4)).toBeLessThanOrEqual(4);
    }
    const orders = facets.map((one) => known(one['taste.effective_artists']).value);
    expect(orders.filter((order) => Math.abs(order - 29) <= 7).length / SEEDS).toBeGreaterThanOrEqual(0.85);
  });

  it('has intervals that hold the truth of a very long life', () => {
    const life = plantPlays({ seed: 9_999, days: 40_000, from: 10_957, plays: [1, 1] });
    const counts = statisticsOf(life, ['spotify']).keyDays[0]!.keys.map(({ days }) => days);
    holds(
      'effective artists',
      facets.map((one) => known(one['taste.effective_artists'])),
      effectiveOfOrder2(counts),
    );
    const top = [...counts].sort((a, b) => b - a).slice(0, 10);
    const share = top.reduce((a, b) => a + b) / counts.reduce((a, b) => a + b);
    holds(
      'concentration',
      facets.map((one) => known(one['taste.concentration'])),
      share,
    );
  });

  it('repeats on track-days what it repeats on artist-days, having one track of each artist', () => {
    for (const person of facets.slice(0, 5)) {
      expect(known(person['taste.repeat']).value).toBeCloseTo(1 - known(person['taste.breadth']).value / 100, 3);
    }
  });
});

describe('change and discovery', () => {
  const flagged = (facets: readonly Facets[]) =>
    facets.filter((one) => one['change.drift']?.status === 'known' && isDrift(known(one['change.drift']))).length /
    facets.length;

  it('is not seen in a listener with phases of a fortnight', () => {
    const rate = flagged(people({ days: 365, phases: 0.6 }, 'change.drift'));
    console.log(`drift flagged in ${(100 * rate).toFixed(1)} % of listeners with phases`);
    expect(rate).toBeLessThanOrEqual(WHOLE ? 0.1 : 0.3);
  });

  it('is seen where 30 % of the listening moved to eight artists: excess .13 ± .04', () => {
    const facets = people({ days: 344, change: { day: 176, share: 0.3, size: 8 } }, 'change.drift');
    const excess = facets.map((one) => known(one['change.drift']).value);
    console.log(`drift: mean excess ${mean(excess).toFixed(3)}, flagged ${flagged(facets)}`);
    expect(Math.abs(mean(excess) - 0.13)).toBeLessThanOrEqual(0.04);
    expect(flagged(facets)).toBeGreaterThanOrEqual(WHOLE ? 0.95 : 0.85);
    expect(
      known(facets[0]!['change.drift']).movers!.every(({ key, z }) => /^artist:artist n\d$/.test(key) && z > 2),
    ).toBe(true);
  });

  it('finds a discoverer at about 1.6 times the usual, and nobody who never changes', () => {
    const of = (change?: Listener['change']) =>
      people({ days: 3 * 364, artists: 2_000, ...(change && { change }) }, 'taste.discovery').map((one) =>
        known(one['taste.discovery']),
      );
    const usual = of();
    const keen = of({ day: 3 * 364 - 84, share: 0.15, size: Infinity });
    const above = keen.filter(({ interval }) => interval[0] > 1).length / keen.length;
    console.log(
      `discovery: usual ${mean(usual.map(({ value }) => value)).toFixed(3)}, keen ${mean(keen.map(({ value }) => value)).toFixed(3)}, above one ${above}`,
    );
    expect(Math.abs(mean(usual.map(({ value }) => value)) - 1)).toBeLessThanOrEqual(WHOLE ? 0.03 : 0.08);
    expect(usual.filter(({ interval }) => interval[0] > 1).length / usual.length).toBeLessThanOrEqual(
      WHOLE ? 0.06 : 0.2,
    );
    expect(Math.abs(mean(keen.map(({ value }) => value)) - 1.6)).toBeLessThanOrEqual(0.35);
    expect(above).toBeGreaterThanOrEqual(0.5);
    holds('discovery', usual, 1);
  });
});

describe('a life in the evening', () => {
  let facets: readonly Facets[];
  const life = { hours: new Array<number>(24).fill(0), days: 8_000 };
  beforeAll(() => {
    facets = people(
      { days: 364, hours: EVENING },
      'rhythms.peak',
      'rhythms.quiet_point',
      'rhythms.night_share',
      'rhythms.regularity',
    );
    const items = plantPlays({ seed: 9_998, days: life.days, from: 11_000, plays: [1, 1], hours: EVENING });
    for (const cell of new Set(items.map(({ at }) => Math.floor(at! / 3_600_000)))) life.hours[cell % 24]! += 1;
  });

  it('peaks at 21.9 ± .9 and is quietest at 5.8 ± .6, with intervals that hold the truth', () => {
    const values = (key: string) => facets.flatMap((one) => (one[key]?.status === 'known' ? [known(one[key])] : []));
    const [peaks, quiets] = [values('rhythms.peak'), values('rhythms.quiet_point')];
    expect(peaks.length).toBe(SEEDS);
    expect(Math.abs(mean(peaks.map(({ value }) => value)) - 21.9)).toBeLessThanOrEqual(0.9);
    expect(Math.abs(mean(quiets.map(({ value }) => value)) - 5.8)).toBeLessThanOrEqual(0.6);
    holds('peak', peaks, peakHour(life.hours), [0.78, 0.96]);
    holds('quiet point', quiets, quietHour(life.hours));
  });

  it('has a share of the night and a regularity whose intervals hold the truth', () => {
    const all = life.hours.reduce((a, b) => a + b);
    const night = [21, 22, 23, 0, 1, 2, 3, 4].reduce((sum, hour) => sum + life.hours[hour]!, 0);
    holds(
      'night share',
      facets.map((one) => known(one['rhythms.night_share'])),
      night / all,
    );
    const truth = interdailyStability(life.hours, life.days)!;
    holds(
      'regularity',
      facets.map((one) => known(one['rhythms.regularity'])),
      truth,
    );
  });

  it('is 2 ± 1.3 hours later at weekends where it is planted so', () => {
    const late = people({ days: 364, hours: EVENING, weekendLater: 2 }, 'rhythms.weekend_shift');
    const shifts = late.flatMap((one) =>
      one['rhythms.weekend_shift']?.status === 'known' ? [known(one['rhythms.weekend_shift'])] : [],
    );
    console.log(
      `weekend shift: known for ${shifts.length} of ${SEEDS}, mean ${mean(shifts.map(({ value }) => value)).toFixed(2)}`,
    );
    expect(shifts.length).toBeGreaterThan(SEEDS / 2);
    expect(Math.abs(mean(shifts.map(({ value }) => value)) - 2)).toBeLessThanOrEqual(1.3);
  });
});

describe('a maker', () => {
  const commits = (seed: number, gap: (random: () => number) => number, count = 1_000) => {
    const random = randomOf(seed);
    let at = Date.UTC(2010, 0, 1);
    return Array.from({ length: count + 1 }, () => commit('1', (at += Math.round(gap(random) * 3_600_000)), 'Rust'));
  };
  const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  it('at random has burstiness 0 ± .05, with lognormal pauses .46 ± .1', () => {
    const of = (gap: (random: () => number) => number) =>
      seeds.slice(0, 100).flatMap((seed) => {
        const facet = estimate(commits(seed, gap), ['creation.burstiness'], ['github'])['creation.burstiness'];
        return facet?.status === 'known' ? [known(facet)] : [];
      });
    const poisson = of((random) => 0.5 + 72 * -Math.log(1 - random()));
    const bursty = of((random) => 0.5 + 24 * Math.exp(1.5 * normal(random)));
    expect(Math.min(poisson.length, bursty.length) / Math.min(SEEDS, 100)).toBeGreaterThan(0.8);
    console.log(
      `burstiness: ${mean(poisson.map(({ value }) => value)).toFixed(3)} at random, ${mean(bursty.map(({ value }) => value)).toFixed(3)} in bursts`,
    );
    expect(Math.abs(mean(poisson.map(({ value }) => value)))).toBeLessThanOrEqual(0.05);
    expect(Math.abs(mean(bursty.map(({ value }) => value)) - 0.46)).toBeLessThanOrEqual(0.1);
  });

  it('makes on the share of days that was planted', () => {
    const facets = seeds.map((seed) => {
      const random = randomOf(seed);
      const items = Array.from({ length: 300 }, (_, day) => [
        ...(random() < 0.4 ? [commit('1', (20_412 + day) * 86_400_000, 'Rust')] : []),
        ...plantPlays({ seed: seed * 1_000 + day, days: 1, from: 20_412 + day, plays: [1, 1] }),
      ]).flat();
      return known(estimate(items, ['creation.share_of_days'], ['github', 'spotify'])['creation.share_of_days']);
    });
    holds('share of days', facets, 0.4 / (1 - 0.6 * 0.3));
  });
});

describe('among people', () => {
  it('who called 40 % of 200 series the Wilson interval is .345 to .458, however often each recurs', () => {
    const items = Array.from({ length: 200 }, (_, i) =>
      Array.from({ length: 1 + (i % 7) }, (_w, week) =>
        meeting(`s${i}`, 1_700_000_000_000 + week * 604_800_000, i % 5 < 2),
      ),
    ).flat();
    const { value, interval, n } = known(
      estimate(items, ['connection.organiser'], ['google-calendar'])['connection.organiser'],
    );
    expect([value, n]).toEqual([0.4, 200]);
    expect(interval[0]).toBeCloseTo(0.345, 3);
    expect(interval[1]).toBeCloseTo(0.458, 3);
  });

  it('letters that go back and forth are even, letters that only come are not, and few say nothing', () => {
    const write = (people: number, sent: number, received: number) =>
      Array.from({ length: people }, (_, person) =>
        Array.from({ length: sent + received }, (_m, i) =>
          letter(`h${person}`, 1_700_000_000_000 + i * 3_600_000, i < sent),
        ),
      ).flat();
    const of = (items: readonly PlantedItem[]) =>
      estimate(items, ['connection.reciprocity'], ['gmail'])['connection.reciprocity'];
    expect(known(of(write(30, 4, 4))).value).toBe(1);
    expect(known(of(write(30, 0, 4))).value).toBe(0);
    expect(known(of([...write(15, 4, 4), ...write(30, 1, 3).slice(15 * 4)])).value).toBeCloseTo(0.75, 6);
    expect(of(write(19, 4, 4))).toMatchObject({ status: 'unknown', reason: 'too_few_items', have: 19, need: 20 });
  });
});
