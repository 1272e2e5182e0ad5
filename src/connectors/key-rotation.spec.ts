import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { TokenEndpoint } from '../../test/support/token-endpoint.js';
import { parseConfig } from '../config/config.js';
import type { CompleteConfig } from '../config/development-secrets.js';
import { Housekeeping } from '../database/housekeeping.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { AccessTokens } from './access-tokens.js';
import { Connection } from './connection.entity.js';
import { ConnectionRows } from './connection-rows.js';
import { KeyRotation } from './key-rotation.js';
import { OAuthClient } from './oauth-client.js';
import { PlatformDirectory } from './platform-access.js';
import { TokenRevocation } from './token-revocation.js';
import { TokenVault } from './token-vault.js';

const OLD = { id: 'old', key: Buffer.alloc(32, 1) };
const NEW = { id: 'new', key: Buffer.alloc(32, 2) };
const CONNECTIONS = 330;
const READS = 1_000;

/** On a real server, where reads and writes happen at the same time. */
describe('Rotating keys', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;
  let endpoint: TokenEndpoint;
  let opened: OpenDatabase;

  beforeAll(async () => {
    server = await PostgresServer.start();
    fresh = await server.createDatabase();
    endpoint = await TokenEndpoint.start();
    opened = await openDatabase({ url: fresh.url, entities: [Connection] });
  });
  beforeEach(async () => {
    const { vault } = processWith([OLD]);
    await fresh.query('DELETE FROM users');
    await fresh.query(`INSERT INTO users (id) SELECT 'u' || n FROM generate_series(1, $1::int) AS n`, [CONNECTIONS]);
    for (let n = 1; n <= CONNECTIONS; n += 1) {
      const place = { userId: `u${n}`, platform: 'spotify' };
      await fresh.query(
        `INSERT INTO connections (user_id, platform, origin, status, access_token, refresh_token, access_expires_at, connected_at)
         VALUES ($1, 'spotify', 'real', 'connected', $2, $3, now() + interval '1 hour', now())`,
        [
          place.userId,
          vault.seal(`access of u${n}`, { ...place, field: 'access_token' }),
          vault.seal(`refresh of u${n}`, { ...place, field: 'refresh_token' }),
        ],
      );
    }
  });
  afterAll(async () => {
    await opened.close();
    await endpoint.stop();
    await fresh.drop();
    await server.stop();
  });

  /** A process of the product with these keys, the first of which seals. */
  function processWith(encryptionKeys: CompleteConfig['encryptionKeys']) {
    const { database } = opened;
    const config: CompleteConfig = {
      ...parseConfig({
        PLATFORM_SPOTIFY_CLIENT_ID: 'id',
        PLATFORM_SPOTIFY_CLIENT_SECRET: 'secret',
        PLATFORM_SPOTIFY_TOKEN_URL: endpoint.url,
      }),
      encryptionKeys,
    };
    const vault = new TokenVault(config);
    const directory = new PlatformDirectory(config);
    const oauth = new OAuthClient();
    const events = new EventLog(database, new Doorbell(), new Housekeeping(database), config);
    const revocation = new TokenRevocation(database, directory, oauth, vault);
    const connections = new ConnectionRows(database, events);
    const tokens = new AccessTokens(database, directory, oauth, vault, connections, revocation);
    return { vault, tokens, rotation: new KeyRotation(database, connections, vault) };
  }

  async function rotateAll(rotation: KeyRotation) {
    const total = { rotated: 0, unreadable: {} as Record<string, number>, steps: 0 };
    for (let step = await rotation.step(undefined); ; step = await rotation.step(step.next)) {
      total.rotated += step.rotated;
      total.steps += 1;
      for (const [id, count] of Object.entries(step.unreadable)) {
        total.unreadable[id] = (total.unreadable[id] ?? 0) + count;
      }
      if (step.next === undefined) return total;
    }
  }

  it(`seals everything anew while ${READS} reads run: no error, nothing on the old key, which is then dropped`, async () => {
    const { tokens, rotation } = processWith([NEW, OLD]);
    const behind = processWith([OLD, NEW]); // Another process, which has not been restarted with the new order yet.
    const numbers = Array.from({ length: READS }, (_, n) => (n % CONNECTIONS) + 1).values();
    let right = 0;
    const lane = async (reader: AccessTokens) => {
      for (const n of numbers) if ((await reader.get(`u${n}`, 'spotify')) === `access of u${n}`) right += 1;
    };
    const [total] = await Promise.all([
      rotateAll(rotation),
      ...Array.from({ length: 8 }, (_, n) => lane(n % 2 === 0 ? tokens : behind.tokens)),
    ]);
    expect(total).toMatchObject({ rotated: 2 * CONNECTIONS, unreadable: {}, steps: 4 });
    expect(right).toBe(READS);
    expect(await rotation.show()).toEqual({ current: 'new', secrets: { new: 2 * CONNECTIONS } });

    const { tokens: without } = processWith([NEW]);
    for (let n = 1; n <= CONNECTIONS; n += 1) expect(await without.get(`u${n}`, 'spotify')).toBe(`access of u${n}`);
  });

  it('goes on where it was broken off', async () => {
    const { rotation } = processWith([NEW, OLD]);
    const { rotated } = await rotation.step(undefined);
    expect(rotated).toBe(200);
    expect((await rotateAll(processWith([NEW, OLD]).rotation)).rotated).toBe(2 * CONNECTIONS - rotated);
    expect((await rotateAll(rotation)).rotated).toBe(0);
  });

  it('does not lose a refresh that is under way', async () => {
    const { tokens, rotation, vault } = processWith([NEW, OLD]);
    await fresh.query(`UPDATE connections SET access_expires_at = now() WHERE user_id = 'u1'`);
    endpoint.answer = async () => {
      await rotateAll(rotation);
      return { body: { access_token: 'fresh', refresh_token: 'rotated', token_type: 'bearer', expires_in: 3600 } };
    };
    expect(await tokens.get('u1', 'spotify')).toBe('fresh');
    const [row] = await fresh.query(`SELECT refresh_token FROM connections WHERE user_id = 'u1'`);
    const place = { userId: 'u1', platform: 'spotify', field: 'refresh_token' } as const;
    expect(vault.open(row.refresh_token, place)).toBe('rotated');
  });

  it('names the key that is missing, and leaves what it sealed alone', async () => {
    const { rotation, vault } = processWith([NEW]);
    const [before] = await fresh.query(`SELECT access_token FROM connections WHERE user_id = 'u7'`);
    expect(await rotateAll(rotation)).toMatchObject({ rotated: 0, unreadable: { old: 2 * CONNECTIONS } });
    expect((await fresh.query(`SELECT access_token FROM connections WHERE user_id = 'u7'`))[0]).toEqual(before);
    expect((await rotation.show()).secrets).toEqual({ old: 2 * CONNECTIONS });
    expect(() => vault.open(before.access_token, { userId: 'u7', platform: 'spotify', field: 'access_token' })).toThrow(
      'The key "old"',
    );
  });
});
