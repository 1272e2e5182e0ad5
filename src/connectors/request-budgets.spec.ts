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
  });
  afterAll(() => open.close());
  beforeEach(() => open.database.query('DELETE FROM request_budgets'));

  const budgets = (environment: Record<string, string> = {}) =>
    new RequestBudgets(open.database, parseConfig(environment), new Housekeeping(open.database));

  const access = (name: string, mode: 'real' | 'sandbox' = 'real') => {
    const platform = findPlatform(name);
    if (!platform) throw new Error(name);
    return { platform, mode } as PlatformAccess; // Nothing else of it is looked at.
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
      // Asking itself takes some milliseconds, which the times include.
      expect(sentAt.filter((at) => at >= from && at < from + 29_000).length).toBeLessThanOrEqual(30);
    }
    expect(sentAt.at(-1)).toBeGreaterThan(70_000);
  });

  it('reserves nothing for a wait that is too long', async () => {
    const spotify = budgets({ PLATFORM_SPOTIFY_BUDGET: '1/60000' }).of(access('spotify'), 'ana');
    expect(await spotify.take(0)).toBe(0);
    for (let time = 0; time < 5; time += 1) {
      const waitMs = await spotify.take(1_000);
      expect(waitMs).toBeGreaterThan(50_000);
      expect(waitMs).toBeLessThanOrEqual(60_000);
    }
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

  it('never shortens a pause that was asked for', async () => {
    const spotify = budgets().of(access('spotify'), 'ana');
    await spotify.block(new Date(Date.now() + 60_000));
    await spotify.block(new Date(Date.now() + 1_000));
    expect(await spotify.take(0)).toBeGreaterThan(50_000);
  });

  it('has one budget over all platforms', async () => {
    const all = budgets({ PLATFORM_BUDGET: '3/60000' });
    expect(await all.of(access('spotify'), 'ana').take(0)).toBe(0);
    expect(await all.of(access('github'), 'bo').take(0)).toBeGreaterThan(0);
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
});
