import { EVENING, meeting, plantPlays, type Listener } from '../../test/support/planted-users.js';
import { statisticsOf } from '../../test/support/statistics-of.js';
import type { BuildOptions } from './build-signature.js';
import type { Facet, KnownNumber } from './document/facet.js';
import type { SignatureDocument } from './document/signature.js';
import type { Statistics } from './statistics/statistics.js';
import { inFull } from '../../test/support/length.js';

type Build = (statistics: Statistics, options: BuildOptions) => SignatureDocument;

const SEEDS = Array.from({ length: inFull(40, 20) }, (_, i) => i + 1);
const planted = (listener: Omit<Listener, 'seed'>, seeds = SEEDS) =>
  seeds.map((seed) => statisticsOf(plantPlays({ seed, plays: [1, 1], ...listener }), ['spotify']));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const number = (facet: Facet | undefined): KnownNumber => {
  if (facet?.status !== 'known' || facet.shape !== 'number') throw new Error(JSON.stringify(facet));
  return facet;
};

const YEAR = planted({ days: 365 });
const FEW = planted({ days: 110 });
const LONG = planted({ days: 3 * 364, artists: 2_000 }, SEEDS.slice(0, 5));
const EVENINGS = planted({ days: 200, hours: EVENING }, SEEDS.slice(0, 5));
const TWO_HUMPS = planted(
  { days: 300, hours: Array.from({ length: 24 }, (_, hour) => ({ 8: 8, 18: 5 })[hour] ?? 0.1) },
  SEEDS.slice(0, 5),
);
const CLOCKLESS = planted({ days: 200 }, SEEDS.slice(0, 12));
/** Of a life so long that nothing is unseen any more. */
const TRUE_ORDER = (() => {
  const counts = statisticsOf(plantPlays({ seed: 9_999, days: 20_000, from: 10_957, plays: [1, 1] }), ['spotify'])
    .keyDays[0]!.keys;
  const n = counts.reduce((sum, { days }) => sum + days, 0);
  return Math.exp(-counts.reduce((sum, { days }) => sum + (days / n) * Math.log(days / n), 0));
})();
const MEETINGS = statisticsOf(
  Array.from({ length: inFull(40, 20) }, (_, i) => meeting(`s${i}`, 1_700_000_000_000, i < 2)),
  ['google-calendar'],
);

/** The promises by name; each throws where it is broken. */
const PROMISES: Readonly<Record<string, (of: (statistics: Statistics, iana?: string) => SignatureDocument) => void>> = {
  'breadth is unbiased also for few days': (of) => {
    expect(Math.abs(mean(FEW.map((one) => number(of(one).facets['taste.breadth']).value)) - 55.3)).toBeLessThan(2);
  },
  'breadth has intervals that hold the truth': (of) => {
    const facets = YEAR.map((one) => number(of(one).facets['taste.breadth']));
    const held = facets.filter(({ interval: [low, high] }) => low <= 55.33 && 55.33 <= high).length;
    expect(held / facets.length).toBeGreaterThan(0.75);
  },
  'the effective number counts artists that were not seen': (of) => {
    const orders = YEAR.map((one) => number(of(one).facets['taste.effective_artists.shannon']).value);
    expect(Math.abs(mean(orders) - TRUE_ORDER)).toBeLessThan(5);
  },
  'nobody who never changes discovers more than usual': (of) => {
    const ratios = LONG.map((one) => number(of(one).facets['taste.discovery']).value);
    expect(Math.abs(mean(ratios) - 1)).toBeLessThan(0.15);
  },
  'nobody who never changes drifts': (of) => {
    const excess = YEAR.slice(0, 10).map((one) => number(of(one).facets['change.drift']).value);
    expect(Math.abs(mean(excess))).toBeLessThan(0.02);
  },
  'a peak lies on a hump, not between two': (of) => {
    for (const one of TWO_HUMPS) {
      const { value } = number(of(one).facets['rhythms.peak']);
      expect(Math.min(Math.abs(value - 8.5), Math.abs(value - 18.5))).toBeLessThan(1);
    }
  },
  'a life without a clock has no peak': (of) => {
    const known = CLOCKLESS.filter((one) => of(one).facets['rhythms.peak']?.status === 'known').length;
    expect(known).toBeLessThanOrEqual(1);
  },
  'hours are those of the person': (of) => {
    const [utc, tokyo] = ['UTC', 'Asia/Tokyo'].map((zone) =>
      mean(EVENINGS.map((one) => number(of(one, zone).facets['rhythms.peak']).value)),
    );
    expect(Math.abs(utc! - 21.4)).toBeLessThan(1);
    expect(Math.abs(tokyo! - 6.4)).toBeLessThan(1);
  },
  'an interval of a rare thing stays above zero': (of) => {
    expect(number(of(MEETINGS).facets['connection.organiser']).interval[0]).toBeGreaterThan(0.01);
  },
};

/** Each estimator's naive form, and the promise that it breaks. */
const MUTANTS: readonly {
  readonly name: string;
  readonly module: string;
  readonly breaks: string;
  readonly naive: () => Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'breadth by plug-in',
    module: './estimators/hurlbert.js',
    breaks: 'breadth is unbiased also for few days',
    naive: () => ({
      ...jest.requireActual<object>('./estimators/hurlbert.js'),
      hurlbert: (counts: readonly number[], m: number) => {
        const n = counts.reduce((a, b) => a + b, 0);
        return counts.reduce((sum, count) => sum + 1 - (1 - count / n) ** m, 0);
      },
    }),
  },
  {
    name: 'an error as if every play were drawn by itself',
    module: './estimators/jackknife.js',
    breaks: 'breadth has intervals that hold the truth',
    naive: () => {
      const real = jest.requireActual<{ jackknifeError: (values: readonly number[]) => number }>(
        './estimators/jackknife.js',
      );
      // 16 plays a session on average: the error of independent plays is a quarter of the days'.
      return { ...real, halfWidth90: (values: readonly number[]) => (1.729 * real.jackknifeError(values)) / 4 };
    },
  },
  {
    name: 'entropy by plug-in',
    module: './estimators/hill.js',
    breaks: 'the effective number counts artists that were not seen',
    naive: () => ({
      ...jest.requireActual<object>('./estimators/hill.js'),
      effectiveOfOrder1: (counts: readonly number[]) => {
        const n = counts.reduce((a, b) => a + b, 0);
        return Math.exp(-counts.reduce((sum, f) => (f > 0 ? sum + (f / n) * Math.log(f / n) : sum), 0));
      },
    }),
  },
  {
    name: 'new artists at the rate of the history',
    module: './estimators/incidence.js',
    breaks: 'nobody who never changes discovers more than usual',
    naive: () => ({ expectedNew: (once: number, twice: number, blocks: number) => ((once + twice) / blocks) * 9 }),
  },
  {
    name: 'divergence without its chance',
    module: './estimators/divergence.js',
    breaks: 'nobody who never changes drifts',
    naive: () => {
      const real = jest.requireActual<{ drift: (rows: readonly (readonly number[])[]) => { observed: number } | null }>(
        './estimators/divergence.js',
      );
      return {
        ...real,
        drift: (rows: readonly (readonly number[])[]) => {
          const found = real.drift(rows);
          return found && { ...found, excess: found.observed };
        },
      };
    },
  },
  {
    name: 'the circular mean for the peak',
    module: './estimators/circular.js',
    breaks: 'a peak lies on a hump, not between two',
    naive: () => ({
      ...jest.requireActual<object>('./estimators/circular.js'),
      peakHour: (profile: readonly number[]) => {
        const part = (f: (radians: number) => number) =>
          profile.reduce((sum, weight, hour) => sum + weight * f(((hour + 0.5) * Math.PI) / 12), 0);
        return ((Math.atan2(part(Math.sin), part(Math.cos)) * 12) / Math.PI + 24) % 24;
      },
    }),
  },
  {
    name: 'no gate',
    module: './estimators/hotelling.js',
    breaks: 'a life without a clock has no peak',
    naive: () => ({ ...jest.requireActual<object>('./estimators/hotelling.js'), hotellingF: () => Infinity }),
  },
  {
    name: 'the server’s zone',
    module: './facets/facet.js',
    breaks: 'hours are those of the person',
    naive: () => {
      const real = jest.requireActual<{ usableZone: (zone: object) => unknown }>('./facets/facet.js');
      return { ...real, usableZone: () => real.usableZone({ iana: 'UTC', source: 'user' }) };
    },
  },
  {
    name: 'Wald’s interval',
    module: './estimators/wilson.js',
    breaks: 'an interval of a rare thing stays above zero',
    naive: () => ({
      Z90: 1.645,
      wilson90: (hits: number, n: number) => {
        const [share, half] = [hits / n, (1.645 * Math.sqrt((hits / n) * (1 - hits / n))) / Math.sqrt(n)];
        return [Math.max(0, share - half), share + half];
      },
    }),
  },
];

async function promisesWith(mock?: (typeof MUTANTS)[number]): Promise<Record<string, boolean>> {
  let build: Build | undefined;
  await jest.isolateModulesAsync(async () => {
    if (mock) jest.doMock(mock.module, mock.naive);
    ({ buildSignature: build } = await import('./build-signature.js'));
    if (mock) jest.dontMock(mock.module);
  });
  // Several promises are about the same people.
  const built = new Map<Statistics, SignatureDocument>();
  const of = (statistics: Statistics, iana = 'UTC') => {
    const known = iana === 'UTC' ? built.get(statistics) : undefined;
    const document =
      known ?? build!({ ...statistics }, { asOf: new Date('2030-01-01T00:00:00Z'), zone: { iana, source: 'user' } });
    if (iana === 'UTC') built.set(statistics, document);
    return document;
  };
  const wanted = mock ? [mock.breaks] : Object.keys(PROMISES);
  return Object.fromEntries(
    wanted.map((name) => {
      try {
        PROMISES[name]!(of);
        return [name, true];
      } catch (error) {
        if (!mock) throw error;
        return [name, false];
      }
    }),
  );
}

describe('the promises about estimates', () => {
  it('are kept by the estimators as they are', async () => {
    expect(Object.values(await promisesWith())).toEqual(Object.keys(PROMISES).map(() => true));
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('are broken by %s', async (_name, mutant) => {
    expect(await promisesWith(mutant)).toEqual({ [mutant.breaks]: false });
  });

  it('have each a naive form that breaks them', () => {
    expect([...new Set(MUTANTS.map(({ breaks }) => breaks))].sort()).toEqual(Object.keys(PROMISES).sort());
  });
});
