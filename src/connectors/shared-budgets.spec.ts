import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { until } from '../../test/support/until.js';
import { parseConfig } from '../config/config.js';
import { Housekeeping } from '../database/housekeeping.js';
import { findPlatform } from '../platforms/registry.js';
import type { RequestBudget } from '../platforms/request-budget.js';
import type { PlatformAccess } from './platform-access.js';
import { RequestBudgets } from './request-budgets.js';

/** How many requests the busiest window has. */
function busiest(sentAt: readonly number[], windowMs: number): number {
  const sorted = sentAt.toSorted((a, b) => a - b);
  let [most, first] = [0, 0];
  for (const [last, at] of sorted.entries()) {
    while (sorted[first]! <= at - windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const accessTo = (name: string) => ({ platform: findPlatform(name)!, mode: 'real' }) as PlatformAccess; // Nothing else of it is used.

describe('A budget that processes share in slices', () => {
  let open: OpenDatabase;
  let statements: number;

  beforeAll(async () => {
    open = await openDatabase();
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    await open.database.query('DELETE FROM request_budgets');
    statements = 0;
    const query = open.database.query.bind(open.database);
    jest.spyOn(open.database, 'query').mockImplementation((...given) => {
      statements += 1;
      return query(...given);
    });
  });
  afterEach(() => jest.restoreAllMocks());

  const processes = (count: number, environment: Record<string, string>) =>
    Array.from(
      { length: count },
      () => new RequestBudgets(open.database, parseConfig(environment), new Housekeeping(open.database)),
    );
  const ofAll = (count: number, budget: string) =>
    processes(count, { PLATFORM_BUDGET: budget, PLATFORM_SPOTIFY_BUDGET: 'off' }).map((process) =>
      process.of(accessTo('spotify'), 'ana'),
    );

  it('is kept in any window by many at once, and costs a statement for many requests', async () => {
    const budgets = ofAll(3, '300/1000');
    const sentAt: number[] = [];
    const waitFor = async (budget: RequestBudget) => {
      const waitMs = await budget.take(Infinity);
      sentAt.push(performance.now() + waitMs);
    };
    // Not more than get a connection in time on a busy machine.
    await Promise.all(Array.from({ length: 450 }, (_, n) => waitFor(budgets[n % 3]!)));
    expect(busiest(sentAt, 1_000)).toBeLessThanOrEqual(300);
    // Beside those that look whether the platform wants a pause, of which each request has one.
    expect(statements - 450).toBeLessThan(90);
  });

  it('is kept while slices are taken, used and expire, and each process gets its part', async () => {
    const budgets = ofAll(3, '400/400');
    const sentAt = budgets.map((): number[] => []);
    const endAt = performance.now() + 1_200;
    const caller = async (process: number, pauseMs: number) => {
      while (performance.now() < endAt) {
        const waitMs = await budgets[process]!.take(0);
        if (waitMs === 0) sentAt[process]!.push(performance.now());
        await sleep(pauseMs);
      }
    };
    // One process asks seldom, two ask for more than there is.
    const callers = [caller(0, 7)];
    for (let n = 0; n < 8; n += 1) callers.push(caller(1, 0), caller(2, 3));
    await Promise.all(callers);
    expect(busiest(sentAt.flat(), 400)).toBeLessThanOrEqual(400);
    for (const own of sentAt) expect(own.length).toBeGreaterThan(0);
  });

  it('gives back what a request did not use because another budget had nothing left', async () => {
    const [process] = processes(1, { PLATFORM_BUDGET: '1000/1000', PLATFORM_SPOTIFY_BUDGET: '1/60000' });
    const spotify = process!.of(accessTo('spotify'), 'ana');
    expect(await spotify.take(0)).toBe(0);
    const [before] = await process!.ofPlatforms();
    for (let n = 0; n < 100; n += 1) expect(await spotify.take(0)).toBeGreaterThan(0);
    const spent = (await process!.ofPlatforms())[0]!.aheadMs - before!.aheadMs;
    expect(before!.key).toBe('*');
    expect(spent).toBeLessThan(75);
  });

  it('stops at once in the process that was asked for a pause, and with its slice in the others', async () => {
    const [one, other] = processes(2, { PLATFORM_BUDGET: 'off', PLATFORM_SPOTIFY_BUDGET: '9000/3000' }).map((process) =>
      process.of(accessTo('spotify'), 'ana'),
    );
    for (const budget of [one!, other!]) await Promise.all(Array.from({ length: 100 }, () => budget.take(0)));
    await one!.block(new Date(Date.now() + 60_000));
    expect(await one!.take(0)).toBeGreaterThan(50_000);
    await until('the other has noticed', async () => (await other!.take(0)) > 50_000);
  });

  it('rejects every request that waits when the database does not answer, and goes on when it does', async () => {
    const [budget] = ofAll(1, '1000/1000');
    jest
      .spyOn(open.database, 'query')
      .mockRejectedValueOnce(new Error('away'))
      .mockRejectedValueOnce(new Error('away'));
    const answers = await Promise.allSettled([budget!.take(0), budget!.take(0), budget!.take(0)]);
    expect(answers.some(({ status }) => status === 'rejected')).toBe(true);
    jest.restoreAllMocks();
    expect(await budget!.take(0)).toBe(0);
  });
});

describe.each([
  ['PostgreSQL', false],
  ['the embedded database', true],
])('R34: after the clock of %s has stepped back an hour', (_engine, embedded) => {
  let open: OpenDatabase;

  beforeAll(async () => {
    open = await openDatabase({ embedded });
  });
  afterAll(() => open.close());
  beforeEach(() => open.database.query('DELETE FROM request_budgets'));

  const budget = (environment: Record<string, string>) =>
    new RequestBudgets(open.database, parseConfig(environment), new Housekeeping(open.database)).of(
      accessTo('spotify'),
      'ana',
    );
  const stepBack = () =>
    open.database.query(
      `UPDATE request_budgets SET tat = tat + interval '1 hour', blocked_until = blocked_until + interval '1 hour',
         blocked_at = blocked_at + interval '1 hour', line_end = line_end + interval '1 hour'`,
    );

  it.each([
    ['a small budget', { PLATFORM_SPOTIFY_BUDGET: '30/30000' }],
    ['one in slices', { PLATFORM_SPOTIFY_BUDGET: 'off', PLATFORM_BUDGET: '1000/1000' }],
  ])('requests of %s go on, and no more of them than its pace allows', async (_kind, environment) => {
    expect(await budget(environment).take(0)).toBe(0);
    await stepBack();
    const spotify = budget(environment);
    expect(await spotify.take(0)).toBe(0);
    expect(await spotify.take(Infinity)).toBeLessThan(2_000);
  });

  it('a pause does not last for the hour', async () => {
    const environment = { PLATFORM_SPOTIFY_BUDGET: '90/30000', PLATFORM_BUDGET: 'off' };
    await budget(environment).block(new Date(Date.now() + 20_000));
    expect(await budget(environment).take(0)).toBeGreaterThan(10_000);
    await stepBack();
    expect(await budget(environment).take(0)).toBe(0);
    await budget(environment).block(new Date(Date.now() + 5_000));
    const waitMs = await budget(environment).take(0);
    expect(waitMs).toBeGreaterThan(1_000);
    expect(waitMs).toBeLessThanOrEqual(5_000);
  });
});
