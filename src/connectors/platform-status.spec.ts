import '../../test/support/own-data-folder.js';
import { Logger } from '@nestjs/common';
import type { Cache } from '@nestjs/cache-manager';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { parseConfig } from '../config/config.js';
import { Housekeeping } from '../database/housekeeping.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { PlatformStatus } from './platform-status.js';
import { PlatformDirectory } from './platform-access.js';

/** As a cache on Redis: values go through JSON, and it can be away. */
class SharedCache {
  readonly entries = new Map<string, string>();
  away = false;

  get(key: string): Promise<unknown> {
    return this.use(() => {
      const entry = this.entries.get(key);
      return entry === undefined ? undefined : JSON.parse(entry);
    });
  }

  set(key: string, value: unknown): Promise<unknown> {
    return this.use(() => this.entries.set(key, JSON.stringify(value)));
  }

  private use(act: () => unknown): Promise<unknown> {
    return this.away ? Promise.reject(new Error('the cache is away')) : Promise.resolve(act());
  }
}

describe('The status of connections', () => {
  let opened: OpenDatabase;
  let cache: SharedCache;
  let events: EventLog;
  let status: PlatformStatus;
  let another: PlatformStatus;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    opened = await openDatabase();
    await opened.database.query(`INSERT INTO users (id) VALUES ('ana'), ('bo')`);
  });

  beforeEach(async () => {
    const { database } = opened;
    await database.query('DELETE FROM connections');
    const config = parseConfig({});
    cache = new SharedCache();
    events = new EventLog(database, new Doorbell(), new Housekeeping(database), config);
    const make = () => new PlatformStatus(database, new PlatformDirectory(config), events, cache as unknown as Cache);
    [status, another] = [make(), make()];
  });

  afterAll(() => opened.close());

  /** Changes a connection and appends its event, as everything that changes one does. */
  const become = (state: string, user = 'ana') =>
    opened.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO connections (user_id, platform, origin, status, scopes, connected_at)
         VALUES ($1, 'spotify', 'sandbox', $2, '{user-read-email}', now())
         ON CONFLICT (user_id, platform) DO UPDATE SET status = excluded.status`,
        [user, state],
      );
      events.append(tx, user, 'connection_status', { platform: 'spotify', status: state });
    });

  it('shows when the provider ends the access, and that it soon will', async () => {
    await become('connected');
    for (const [days, expected] of [
      [13, 'expiring'],
      [15, 'connected'],
    ] as const) {
      await opened.database.query(`UPDATE connections SET grant_ends_at = now() + $1::int * interval '1 day'`, [days]);
      const shown = (await status.read('ana'))['spotify']!;
      expect(shown).toMatchObject({ connected: true, status: expected, grantExpiresAt: expect.any(String) });
    }
  });

  it('names every platform, connected or not', async () => {
    await become('connected');
    const { status: shown } = await status.of('ana');
    expect(shown['spotify']).toMatchObject({
      connected: true,
      status: 'connected',
      items: 0,
      scopes: ['user-read-email'],
    });
    expect(shown['spotify']!.missingScopes).not.toContain('user-read-email');
    expect((await status.of('bo')).status['spotify']).toMatchObject({
      connected: false,
      status: 'disconnected',
      connectedAt: null,
    });
  });

  it('is served from the cache until something happens, in another process as well', async () => {
    await become('connected');
    const first = await status.of('ana');
    expect(first.cached).toBe(false);
    expect(await status.of('ana')).toEqual({ status: first.status, cached: true });
    expect(await another.of('ana')).toEqual({ status: first.status, cached: true });

    await become('disconnected');

    const changed = await another.of('ana');
    expect(changed).toMatchObject({ cached: false, status: { spotify: { connected: false } } });
    expect(await status.of('ana')).toEqual({ status: changed.status, cached: true });
  });

  it('of another epoch is not served, whose events have the same numbers', async () => {
    await become('connected');
    await status.of('ana');
    await opened.database.query(`UPDATE connections SET status = 'disconnected'`);
    await opened.database.query('UPDATE event_epoch SET id = gen_random_uuid()');
    expect(await status.of('ana')).toMatchObject({ cached: false, status: { spotify: { connected: false } } });
  });

  it("of one user is not another's, and does not end with another's", async () => {
    await become('connected');
    await status.of('ana');
    await become('connected', 'bo');
    expect((await status.of('ana')).cached).toBe(true);
    expect((await status.of('bo')).status['spotify']).toMatchObject({ connected: true });
  });

  it('that was read before a change is not served after it', async () => {
    await become('connected');
    const { database } = opened;
    // The connection ends between the reading and the caching of its status.
    const slow = new PlatformStatus(database, new PlatformDirectory(parseConfig({})), events, {
      get: (key: string) => cache.get(key),
      set: async (key: string, value: unknown) => {
        await become('disconnected');
        return cache.set(key, value);
      },
    } as unknown as Cache);
    await slow.of('ana');
    expect(await status.of('ana')).toMatchObject({ cached: false, status: { spotify: { status: 'disconnected' } } });
  });

  it('does without a cache that is away', async () => {
    await become('connected');
    cache.away = true;
    expect(await status.of('ana')).toMatchObject({ cached: false, status: { spotify: { connected: true } } });
    expect((await status.of('ana')).cached).toBe(false);
    cache.away = false;
    await status.of('ana');
    expect((await status.of('ana')).cached).toBe(true);
  });
});
