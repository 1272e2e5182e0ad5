import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { until } from '../../test/support/until.js';
import { PlatformClient } from '../platforms/platform-client.js';
import { parseConfig } from '../config/config.js';
import { Housekeeping } from '../database/housekeeping.js';
import { findPlatform } from '../platforms/registry.js';
import { type OpenDatabase, openDatabase } from '../../test/support/open-database.js';
import type { PlatformAccess } from './platform-access.js';
import { RequestBudgets } from './request-budgets.js';

describe('the budgets of requests', () => {
  let open: OpenDatabase;

  beforeAll(async () => {
    open = await openDatabase();
    await open.database.query(`INSERT INTO users (id) VALUES ('ana'), ('bo')`);
  });
  afterAll(() => open.close());
  beforeEach(() => open.database.query('DELETE FROM request_budgets'));

  const budgets = (environment: Record<string, string> = {}) =>
    new RequestBudgets(open.database, parseConfig(environment), new Housekeeping(open.database));

  const access = (name: string, mode: 'real' | 'sandbox' = 'real') => {
    const platform = findPlatform(name);
    if (!platform) throw new Error(name);
    return { platform, mode } as PlatformAccess; // Nothing else of it is used.
  };

  it('lets a third through at once and the rest evenly, over users and processes, so that no window has more', async () => {
    const environment = { PLATFORM_SPOTIFY_BUDGET: '30/30000' };
    const [one, other] = [budgets(environment), budgets(environment)];
    const startedAt = Date.now();
    const sentAt: number[] = [];
    for (let request = 0; request < 60; request += 1) {
      const process = request % 2 === 0 ? one : other;
      const waitMs = await process.of(access('spotify'), `user-${request % 7}`).take(Infinity);
      sentAt.push(Date.now() - startedAt + waitMs);
    }
    expect(sentAt.filter((at) => at < 1_500).length).toBeGreaterThanOrEqual(10);
    for (const from of sentAt) {
      // The times include the query itself, a few milliseconds.
      expect(sentAt.filter((at) => at >= from && at < from + 29_000).length).toBeLessThanOrEqual(30);
    }
    expect(sentAt.at(-1)).toBeGreaterThan(70_000);
  });

  it('reserves nothing for a wait that is too long, and lets those who wait come back one after the other', async () => {
    const spotify = budgets({ PLATFORM_SPOTIFY_BUDGET: '1/60000' }).of(access('spotify'), 'ana');
    expect(await spotify.take(0)).toBe(0);
    for (let waiter = 1; waiter <= 5; waiter += 1) {
      const waitMs = await spotify.take(1_000);
      expect(waitMs).toBeGreaterThan(waiter * 60_000 - 10_000);
      expect(waitMs).toBeLessThanOrEqual(waiter * 60_000);
    }
    await open.database.query(`UPDATE request_budgets SET tat = tat - interval '1 minute'`);
    expect(await spotify.take(0)).toBe(0);
  });

  it('spreads many who wait over ten minutes, however many they are', async () => {
    const spotify = budgets({ PLATFORM_SPOTIFY_BUDGET: '1/60000' }).of(access('spotify'), 'ana');
    const waits: number[] = [];
    for (let waiter = 0; waiter < 25; waiter += 1) waits.push(await spotify.take(0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(660_000);
    expect(new Set(waits.map((waitMs) => Math.round(waitMs / 60_000))).size).toBeGreaterThanOrEqual(10);
  });

  it("stops everybody at a platform that counts the app, and nobody else's platform", async () => {
    const all = budgets();
    await all.of(access('spotify'), 'ana').block(new Date(Date.now() + 60_000));
    expect(await all.of(access('spotify'), 'bo').take(0)).toBeGreaterThan(50_000);
    expect(await all.of(access('youtube'), 'ana').take(0)).toBe(0);
    expect(await all.of(access('spotify', 'sandbox'), 'ana').take(0)).toBe(0);
  });

  it('stops the one user at a platform that counts persons', async () => {
    const all = budgets();
    await all.of(access('github'), 'ana').block(new Date(Date.now() + 60_000));
    expect(await all.of(access('github'), 'ana').take(0)).toBeGreaterThan(50_000);
    expect(await all.of(access('github'), 'bo').take(0)).toBe(0);
  });

  it('gives the time until anybody has a request left, and nothing where the wait is about one person', async () => {
    const all = budgets({ PLATFORM_SPOTIFY_BUDGET: '3/60000' });
    expect(await all.sharedWaitMs(access('spotify'))).toBe(0);
    await all.of(access('spotify'), 'ana').take(0);
    const waitMs = await all.sharedWaitMs(access('spotify'));
    expect(waitMs).toBeGreaterThan(20_000);
    expect(waitMs).toBeLessThanOrEqual(30_000);
    expect(await all.of(access('spotify'), 'bo').take(0)).toBeGreaterThan(20_000);
    await all.of(access('github'), 'ana').block(new Date(Date.now() + 60_000));
    expect(await all.sharedWaitMs(access('github'))).toBe(0);
    await all.of(access('youtube'), 'ana').block(new Date(Date.now() + 60_000));
    expect(await all.sharedWaitMs(access('youtube'))).toBeGreaterThan(50_000);
  });

  it('keeps nothing of somebody whose account is gone, whatever still runs for them', async () => {
    await open.database.query(`INSERT INTO users (id) VALUES ('eve')`);
    const all = budgets();
    const [spending, pausing] = [all.of(access('spotify'), 'eve'), all.of(access('github'), 'eve')];
    await spending.take(0);
    await pausing.take(0);
    await pausing.block(new Date(Date.now() + 60_000));
    const left = () => open.database.query(`SELECT key FROM request_budgets WHERE key LIKE '%eve'`);
    expect(await left()).not.toEqual([]);
    await open.database.query(`DELETE FROM users WHERE id = 'eve'`);
    expect(await left()).toEqual([]);
    await Promise.allSettled([spending.take(0), pausing.take(0), pausing.block(new Date(Date.now() + 60_000))]);
    expect(await left()).toEqual([]);
  });

  it('never shortens a pause that was asked for, and keeps its reason for all who find it', async () => {
    const spotify = budgets().of(access('spotify'), 'ana');
    expect(await spotify.blockedFor()).toBeNull();
    await spotify.block(new Date(Date.now() + 60_000), 'QUOTA_SPENT');
    await spotify.block(new Date(Date.now() + 1_000), 'SLOW_DOWN');
    expect(await spotify.take(0)).toBeGreaterThan(50_000);
    expect(await budgets().of(access('spotify'), 'bo').blockedFor()).toBe('QUOTA_SPENT');
    await spotify.block(new Date(Date.now() + 90_000));
    expect(await spotify.blockedFor()).toBe('SLOW_DOWN');
  });

  it('pauses as long as it was asked to, however wrong the clock of the process is', async () => {
    const spotify = budgets().of(access('spotify'), 'ana');
    const wrong = Date.now() - 3_600_000;
    // Once: the clock of the embedded database is that of the process too.
    const clock = jest.spyOn(Date, 'now').mockReturnValueOnce(wrong);
    await spotify.block(new Date(wrong + 60_000));
    clock.mockRestore();
    const waitMs = await spotify.take(0);
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  it('has one budget over all platforms', async () => {
    const all = budgets({ PLATFORM_BUDGET: '3/60000' });
    expect(await all.of(access('spotify'), 'ana').take(0)).toBe(0);
    expect(await all.of(access('github'), 'bo').take(0)).toBeGreaterThan(0);
  });

  it.each(['1/9999999999', '1/86400000', '1000000/1000', '999999999/1'])(
    'works with a budget of %s',
    async (budget) => {
      const all = budgets({ PLATFORM_BUDGET: budget, PLATFORM_SPOTIFY_BUDGET: budget });
      const spotify = all.of(access('spotify'), 'ana');
      expect(await spotify.take(0)).toBe(0);
      const again = await Promise.all(Array.from({ length: 50 }, () => spotify.take(0)));
      const allowed = again.filter((waitMs) => waitMs === 0).length;
      expect(allowed).toBe(budget.startsWith('1/') ? 0 : 50);
      expect((await all.ofPlatforms()).length).toBe(2);
    },
  );

  it('shows the budgets of platforms and not those of people', async () => {
    await open.database.query(
      `INSERT INTO request_budgets (key, tat, blocked_until) VALUES
         ('spotify', now() + interval '4 seconds', NULL), ('spotify of ana', now(), NULL),
         ('github', now() - interval '1 minute', now() + interval '1 minute')`,
    );
    const shown = await budgets().ofPlatforms();
    expect(shown.map(({ key }) => key)).toEqual(['github', 'spotify']);
    expect(shown[0]).toMatchObject({ aheadMs: 0, blockedUntil: expect.any(Date) });
    expect(shown[1]?.aheadMs).toBeGreaterThan(2_000);
    expect(shown[1]?.blockedUntil).toBeNull();
  });

  it('limits nothing that is switched off, and the stand-ins only where it is asked for', async () => {
    const off = budgets({ PLATFORM_SPOTIFY_BUDGET: 'off', PLATFORM_BUDGET: 'off' }).of(access('spotify'), 'ana');
    const sandbox = budgets().of(access('spotify', 'sandbox'), 'ana');
    for (let request = 0; request < 60; request += 1) {
      expect(await off.take(0)).toBe(0);
      expect(await sandbox.take(0)).toBe(0);
    }
    const asked = budgets({ PLATFORM_SPOTIFY_BUDGET: '1/60000' }).of(access('spotify', 'sandbox'), 'ana');
    expect(await asked.take(0)).toBe(0);
    expect(await asked.take(0)).toBeGreaterThan(0);
  });

  it.each(['ten', '0/1000', '10/0', '10', '-1/5'])('refuses %s as a budget, naming the variable', (value) => {
    expect(() => parseConfig({ PLATFORM_SPOTIFY_BUDGET: value })).toThrow('PLATFORM_SPOTIFY_BUDGET');
  });

  describe.each([
    ['seconds', () => '2'],
    ['a date', () => new Date(Date.now() + 3_000).toUTCString()],
  ])('R14: after a 429 with Retry-After in %s', (_form, retryAfter) => {
    it.each([
      ['spotify', ['ana', 'bo'], []],
      ['github', ['ana'], ['bo']],
    ] as const)('nothing is asked of %s for those it is about, and all else goes on', async (name, silent, free) => {
      const arrivals: { readonly token: string; readonly at: number }[] = [];
      let notBefore = 0;
      const server = createServer((request, response) => {
        arrivals.push({ token: request.headers.authorization ?? '', at: Date.now() });
        const first = arrivals.length === 1;
        const header = retryAfter();
        if (first) notBefore = Number(header) ? Date.now() + 2_000 : Date.parse(header);
        response.writeHead(first ? 429 : 200, {
          'content-type': 'application/json',
          ...(first && { 'retry-after': header }),
        });
        response.end('{}');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const all = budgets();
      const ask = (platform: string, user: string) =>
        new PlatformClient({
          platform,
          apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          accessToken: () => Promise.resolve(`${platform}/${user}`),
          signal: new AbortController().signal,
          retryBaseMs: 1,
          budget: all.of(access(platform), user),
        }).get('/', z.object({}));
      const first = ask(name, 'ana');
      await until('the refusal is known', async () => (await all.of(access(name), 'ana').take(0)) > 0);
      await Promise.all([
        first,
        ...silent.map((user) => ask(name, user)),
        ...free.map((user) => ask(name, user)),
        ask('youtube', 'ana'),
      ]);
      server.close();
      const [, ...later] = arrivals;
      const early = later.filter(({ at }) => at < notBefore).map(({ token }) => token.replace('Bearer ', ''));
      expect(early.sort()).toEqual([...free.map((user) => `${name}/${user}`), 'youtube/ana'].sort());
      expect(later).toHaveLength(silent.length + free.length + 2);
    });
  });
});
