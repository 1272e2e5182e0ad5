import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { TokenEndpoint, type TokenAnswer, type TokenRequest } from '../../test/support/token-endpoint.js';
import { parseConfig } from '../config/config.js';
import type { CompleteConfig } from '../config/development-secrets.js';
import { Housekeeping } from '../database/housekeeping.js';
import { PermanentError } from '../queues/errors.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { AccessTokens } from './access-tokens.js';
import { Connection } from './connection.entity.js';
import { ConnectionRows } from './connection-rows.js';
import { OAuthClient } from './oauth-client.js';
import { PlatformDirectory } from './platform-access.js';
import { TokenRevocation } from './token-revocation.js';
import { TokenVault } from './token-vault.js';

/** A provider that rotates: each refresh token works once, and a second use of one ends the grant. */
class RotatingProvider {
  number = 1;
  expiresIn = 3_600;

  answer = (request: TokenRequest): TokenAnswer => {
    if (request.form['refresh_token'] !== `refresh-${this.number}`) {
      return { status: 400, body: { error: 'invalid_grant' } };
    }
    this.number += 1;
    return {
      body: {
        access_token: `access-${this.number}`,
        refresh_token: `refresh-${this.number}`,
        token_type: 'bearer',
        expires_in: this.expiresIn,
      },
    };
  };
}

/** On a real server, because processes share one. */
describe('Access tokens', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;
  let config: CompleteConfig;
  let endpoint: TokenEndpoint;
  let provider: RotatingProvider;
  let vault: TokenVault;
  /** Two processes that know nothing of each other but the database. */
  let processes: { opened: OpenDatabase; tokens: AccessTokens; events: EventLog }[];

  beforeAll(async () => {
    server = await PostgresServer.start();
    fresh = await server.createDatabase();
    endpoint = await TokenEndpoint.start();
    config = {
      ...parseConfig({
        PLATFORM_SPOTIFY_CLIENT_ID: 'id',
        PLATFORM_SPOTIFY_CLIENT_SECRET: 'secret',
        PLATFORM_SPOTIFY_TOKEN_URL: endpoint.url,
      }),
      encryptionKeys: [{ id: 'k', key: Buffer.alloc(32, 7) }],
    };
    vault = new TokenVault(config);
    processes = [await startProcess(), await startProcess()];
    await processes[0]!.opened.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });

  afterAll(async () => {
    for (const { opened } of processes) await opened.close();
    await endpoint.stop();
    await fresh.drop();
    await server.stop();
  });

  async function startProcess() {
    const opened = await openDatabase({ url: fresh.url, entities: [Connection] });
    const { database } = opened;
    const events = new EventLog(database, new Doorbell(), new Housekeeping(database), config);
    const directory = new PlatformDirectory(config);
    const oauth = new OAuthClient();
    const revocation = new TokenRevocation(database, directory, oauth, vault);
    const tokens = new AccessTokens(
      database,
      directory,
      oauth,
      vault,
      new ConnectionRows(database, events),
      revocation,
    );
    return { opened, tokens, events };
  }

  /** A connection whose access token expires after that time. */
  async function connect({
    lifeMs = 0,
    refreshToken = 'refresh-1',
  }: { lifeMs?: number; refreshToken?: string | null } = {}) {
    provider = new RotatingProvider();
    endpoint.reset();
    endpoint.answer = provider.answer;
    await fresh.query('DELETE FROM connections');
    await fresh.query(`DELETE FROM events`);
    const seal = (secret: string | null, field: 'access_token' | 'refresh_token') =>
      secret === null ? null : vault.seal(secret, { userId: 'ana', platform: 'spotify', field });
    await fresh.query(
      `INSERT INTO connections (user_id, platform, origin, status, access_token, refresh_token, access_expires_at, connected_at)
       VALUES ('ana', 'spotify', 'real', 'connected', $1, $2, now() + $3 * interval '1 ms', now())`,
      [seal('access-1', 'access_token'), seal(refreshToken, 'refresh_token'), lifeMs],
    );
  }

  const row = async () => (await fresh.query('SELECT * FROM connections'))[0];
  const stored = async (field: 'access_token' | 'refresh_token') =>
    vault.open((await row())[field], { userId: 'ana', platform: 'spotify', field });
  const get = (rejected?: string, process = 0) => processes[process]!.tokens.get('ana', 'spotify', rejected);
  const told = () => fresh.query(`SELECT payload FROM events WHERE type = 'connection_status'`);

  it('are given as they are while they live', async () => {
    await connect({ lifeMs: 600_000 });
    expect(await get()).toBe('access-1');
    expect(endpoint.requests).toEqual([]);
  });

  it('are refreshed before they end, and what came is stored, sealed', async () => {
    await connect({ lifeMs: 60_000 });
    expect(await get()).toBe('access-2');
    expect([await stored('access_token'), await stored('refresh_token')]).toEqual(['access-2', 'refresh-2']);
    expect(JSON.stringify(await row())).not.toMatch(/access-\d|refresh-\d/);
    expect((await row()).refreshing_until).toBeNull();
    expect(await get()).toBe('access-2');
    expect(endpoint.requests).toHaveLength(1);
  });

  it('keep the refresh token where the provider does not rotate it', async () => {
    await connect();
    endpoint.answer = () => ({ body: { access_token: 'another', token_type: 'bearer', expires_in: 3600 } });
    expect(await get()).toBe('another');
    expect(await stored('refresh_token')).toBe('refresh-1');
  });

  it('are refreshed once for fifty callers in two processes', async () => {
    await connect();
    const answer = endpoint.answer;
    endpoint.answer = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return answer(request);
    };
    const given = await Promise.all(Array.from({ length: 50 }, (_, n) => get(undefined, n % 2)));
    expect(new Set(given)).toEqual(new Set(['access-2']));
    expect(endpoint.requests).toHaveLength(1);
    expect(await told()).toEqual([]);
  });

  it('are also shared when they live shorter than we like', async () => {
    await connect();
    provider.expiresIn = 60;
    const answer = endpoint.answer;
    endpoint.answer = async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return answer(request);
    };
    const given = await Promise.all([get(undefined, 0), get(undefined, 1)]);
    expect(given).toEqual(['access-2', 'access-2']);
    expect(endpoint.requests).toHaveLength(1);
  });

  it('are refreshed by another process when the one that began it died', async () => {
    await connect();
    await fresh.query(`UPDATE connections SET refreshing_until = now() + interval '700 ms'`);
    const began = Date.now();
    expect(await get()).toBe('access-2');
    expect(Date.now() - began).toBeGreaterThanOrEqual(600);
  });

  it('R34: are refreshed when the clock of the database has stepped back an hour since a process died over it', async () => {
    await connect();
    await fresh.query(`UPDATE connections SET refreshing_until = now() + interval '1 hour'`);
    expect(await get()).toBe('access-2');
  });

  describe('that the API refuses although they should be valid', () => {
    it('are replaced by what another process has got meanwhile', async () => {
      await connect({ lifeMs: 600_000 });
      expect(await get('an older one')).toBe('access-1');
      expect(endpoint.requests).toEqual([]);
    });

    it('are refreshed once, however many callers were refused', async () => {
      await connect({ lifeMs: 600_000 });
      const given = await Promise.all(Array.from({ length: 20 }, (_, n) => get('access-1', n % 2)));
      expect(new Set(given)).toEqual(new Set(['access-2']));
      expect(endpoint.requests).toHaveLength(1);
    });

    it('after a refresh mean that the grant is gone', async () => {
      await connect({ lifeMs: 600_000 });
      await processes[0]!.tokens.giveUp('ana', 'spotify');
      await expect(get()).rejects.toMatchObject({ code: 'NEEDS_RECONNECT' });
      expect(await told()).toHaveLength(1);
    });
  });

  it('are stored before they are used: what a process that dies was given is not lost', async () => {
    await connect();
    const order: string[] = [];
    endpoint.answer = (request) => {
      order.push('provider');
      return provider.answer(request);
    };
    const token = get().then(async (given) => {
      order.push('given');
      return [given, await stored('refresh_token')];
    });
    expect(await token).toEqual(['access-2', 'refresh-2']);
    expect(order).toEqual(['provider', 'given']);
    expect(await get(undefined, 1)).toBe('access-2');
  });

  it.each<[string, TokenAnswer]>([
    ['is away', 'drop'],
    ['fails', { status: 503, body: 'sorry' }],
    ['answers with a page', { body: '<html></html>' }],
    ['does not know our client for a moment', { status: 401, body: { error: 'invalid_client' } }],
    ['says that it is too much', { status: 429, body: { error: 'slow_down' } }],
  ])('outlive a provider that %s: the grant is kept and the next try is free', async (_, answer) => {
    await connect();
    endpoint.answer = () => answer;
    const failed = await get().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(failed).not.toBeInstanceOf(PermanentError);
    expect(await row()).toMatchObject({ status: 'connected', refreshing_until: null });
    expect(await stored('refresh_token')).toBe('refresh-1');
    expect(await told()).toEqual([]);

    endpoint.answer = provider.answer;
    expect(await get()).toBe('access-2');
  });

  it('end when the provider says that the grant is gone: all callers learn it, and the person once', async () => {
    await connect({ refreshToken: 'revoked' });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => get(undefined, n % 2)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'NEEDS_RECONNECT' } });
    }
    expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason instanceof PermanentError)).toBe(
      true,
    );
    expect(await row()).toMatchObject({ status: 'needs_reconnect', refreshing_until: null });
    expect(await told()).toEqual([{ payload: { platform: 'spotify', status: 'needs_reconnect' } }]);
    expect(endpoint.requests).toHaveLength(1);
    await expect(get()).rejects.toMatchObject({ code: 'NEEDS_RECONNECT' });
    expect(endpoint.requests).toHaveLength(1);
  });

  it('end without a question when there is no refresh token', async () => {
    await connect({ refreshToken: null });
    await expect(get()).rejects.toMatchObject({ code: 'NEEDS_RECONNECT' });
    expect(endpoint.requests).toEqual([]);
  });

  it.each(['disconnected', 'nothing'])('are not there for a platform that is %s', async (status) => {
    await connect({ lifeMs: 600_000 });
    await (status === 'nothing'
      ? fresh.query('DELETE FROM connections')
      : fresh.query('UPDATE connections SET status = $1', [status]));
    await expect(get()).rejects.toMatchObject({ code: 'NOT_CONNECTED', name: 'PermanentError' });
  });

  it('of a late refresh do not touch a grant that was made anew meanwhile', async () => {
    await connect();
    endpoint.answer = async (request) => {
      // The person connects again before the provider answers.
      await fresh.query(
        `UPDATE connections SET grant_number = grant_number + 1, access_token = $1, refreshing_until = NULL`,
        [vault.seal('new-grant', { userId: 'ana', platform: 'spotify', field: 'access_token' })],
      );
      return provider.answer(request);
    };
    await expect(get()).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    expect(await stored('access_token')).toBe('new-grant');

    // Nor does its failure.
    await connect({ refreshToken: 'revoked' });
    endpoint.answer = async (request) => {
      await fresh.query(`UPDATE connections SET grant_number = grant_number + 1`);
      return provider.answer(request);
    };
    await get().catch(() => undefined);
    expect(await row()).toMatchObject({ status: 'connected' });
    expect(await told()).toEqual([]);
  });

  describe('when a lease has outlived its holder, and another process has refreshed meanwhile', () => {
    /** What the other process did while ours waited for the provider. */
    const refreshedElsewhere = () =>
      fresh.query('UPDATE connections SET access_token = $1, token_number = 2, refreshing_until = NULL', [
        vault.seal('of the other', { userId: 'ana', platform: 'spotify', field: 'access_token' }),
      ]);

    it('are those of the other, also when ours is told that its refresh token was used', async () => {
      await connect({ refreshToken: 'used' });
      endpoint.answer = async (request) => {
        await refreshedElsewhere();
        return provider.answer(request);
      };
      expect(await get()).toBe('of the other');
      expect(await row()).toMatchObject({ status: 'connected' });
      expect(await told()).toEqual([]);
    });

    it('are those of the other, which are not overwritten by what comes late', async () => {
      await connect();
      endpoint.answer = async (request) => {
        await refreshedElsewhere();
        return provider.answer(request);
      };
      expect(await get()).toBe('of the other');
      expect(await stored('access_token')).toBe('of the other');
    });
  });
});
