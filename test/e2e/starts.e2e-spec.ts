import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ApiClient } from '../support/api-client.js';
import { freePort } from '../support/free-port.js';
import { inFull } from '../support/length.js';
import { PostgresServer, type TestDatabase } from '../support/postgres-server.js';
import { RunningApp, runToItsEnd, type AppOptions } from '../support/running-app.js';
import { startStillSandbox } from '../support/still-sandbox.js';

/** A failed start prints one readable message without a stack, and ends. */
async function mistakenStart(env: Readonly<Record<string, string>>): Promise<string> {
  const ports = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) };
  const { code, output } = await runToItsEnd({ ...ports, ...env });
  expect([code, output]).toEqual([1, expect.any(String)]);
  expect(output).not.toMatch(/^\s+at /m);
  return output;
}

/** What a test has opened, closed after it whether it passed or not. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function started(options?: AppOptions): Promise<RunningApp> {
  const app = await RunningApp.start(options);
  opened.push(() => app.stop());
  return app;
}

/** A server that takes connections, for as long as the test runs. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

let postgres: PostgresServer;
let database: TestDatabase;

beforeAll(async () => {
  postgres = await PostgresServer.start();
  database = await postgres.createDatabase();
});
afterAll(() => postgres.stop());

describe('a start that cannot succeed', () => {
  it('lists every mistake of the configuration at once', async () => {
    const output = await mistakenStart({
      PORT: '99999',
      NODE_ENV: 'staging',
      PUBLIC_URL: 'ftp://example.org',
      CORS_ORIGINS: '*',
      JWT_SECRET: 'short',
      JWT_JWKS_URL: 'not an address',
      TOKEN_ENCRYPTION_KEYS: 'k1:c2hvcnQ=',
      DATABASE_URL: 'mysql://localhost/soul',
      RETRY_JITTER: '2',
      EXTRACTION_RATE_MAX: 'ten',
      SANDBOX: 'maybe',
      LOG_LEVEL: 'loud',
      PLATFORM_SPOTIFY_CLIENT_SECRET: 'a secret that must not be shown',
      PLATFORM_SPOTIFY_API_URL: 'api.spotify.com',
    });
    const [title, ...mistakes] = output.split('\n');
    expect(title).toBe(`The configuration has ${mistakes.length} mistakes:`);
    expect(mistakes.map((line) => /^ {2}- (\w+): \S/.exec(line)?.[1]).sort()).toEqual([
      'CORS_ORIGINS',
      'DATABASE_URL',
      'EXTRACTION_RATE_MAX',
      'JWT_JWKS_URL',
      'JWT_SECRET',
      'LOG_LEVEL',
      'NODE_ENV',
      'PLATFORM_SPOTIFY_API_URL',
      'PLATFORM_SPOTIFY_CLIENT_ID',
      'PORT',
      'PUBLIC_URL',
      'RETRY_JITTER',
      'SANDBOX',
      'TOKEN_ENCRYPTION_KEYS',
    ]);
    expect(output).not.toContain('a secret that must not be shown');
  });

  it('finds settings that contradict each other', async () => {
    const port = String(await freePort());
    const output = await mistakenStart({
      PORT: port,
      SANDBOX_PORT: port,
      JWT_SECRET: 'a secret that is long enough for all',
      JWT_JWKS_URL: 'https://issuer.example.org/keys',
    });
    for (const variable of ['JWT_SECRET, JWT_JWKS_URL', 'JWT_ISSUER, JWT_AUDIENCE', 'SANDBOX_PORT']) {
      expect(output).toContain(`  - ${variable}: `);
    }
  });

  it('does not go into production without its secrets', async () => {
    const output = await mistakenStart({ NODE_ENV: 'production' });
    for (const variable of ['PUBLIC_URL', 'DATABASE_URL', 'JWT_SECRET', 'TOKEN_ENCRYPTION_KEYS']) {
      expect(output).toContain(`  - ${variable}: production needs`);
    }
  });

  it('takes an empty variable for an unset one', async () => {
    const output = await mistakenStart({ NODE_ENV: 'production', JWT_SECRET: '', DATABASE_URL: ' ', REDIS_URL: '' });
    expect(output.split('\n')).toHaveLength(5);
  });

  it('names the variable of a taken port, and leaves nothing running', async () => {
    const port = String(await listening(createServer()));
    const sandboxPort = String(await freePort());
    expect(await mistakenStart({ PORT: port, SANDBOX_PORT: sandboxPort, DATABASE_URL: database.url })).toContain(
      `PORT_TAKEN): port ${port} is taken by another program. Stop it, or set PORT to a free port.`,
    );
    await expect(fetch(`http://127.0.0.1:${sandboxPort}/sandbox`)).rejects.toThrow();
  });

  it("names the sandbox's variable when that port is taken by something else", async () => {
    const server = createHttpServer((_, response) => response.end('something else'));
    const port = String(await listening(server));
    expect(await mistakenStart({ SANDBOX_PORT: port })).toContain(
      `port ${port} is taken by another program. Stop it, or set SANDBOX_PORT to a free port.`,
    );
  });

  it('says which database does not answer, without its password', async () => {
    const port = await freePort();
    const output = await mistakenStart({ DATABASE_URL: `postgres://ada:topsecret@127.0.0.1:${port}/soul` });
    expect(output).toContain(`DATABASE_UNAVAILABLE): PostgreSQL at 127.0.0.1:${port} (DATABASE_URL) cannot be used`);
    expect(output).toContain('unset DATABASE_URL to use the embedded database');
    expect(output).not.toContain('topsecret');
  });

  it('does not wait for ever for a database that accepts connections and says nothing', async () => {
    const port = await listening(createServer());
    const startedAt = Date.now();
    const output = await mistakenStart({ DATABASE_URL: `postgres://ada@127.0.0.1:${port}/soul` });
    expect(output).toContain('DATABASE_UNAVAILABLE');
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });

  it('says that a database does not exist, or refuses us', async () => {
    const url = new URL(postgres.url);
    url.pathname = '/nowhere';
    expect(await mistakenStart({ DATABASE_URL: url.href })).toContain('database "nowhere" does not exist');
  });
});

describe('a data folder', () => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start({ empty: true });
  });
  afterAll(() => app.stop());

  it('belongs to one process; a second one is told so, and what to do', async () => {
    const output = await mistakenStart({ DATA_DIR: app.dataDir });
    expect(output).toContain(`DATA_FOLDER_LOCKED): The data folder ${app.dataDir} is in use by process ${app.pid}.`);
    expect(output).toContain('DATA_DIR');
    expect(output).toContain('DATABASE_URL');
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
  });

  it('opens again after a crash, with everybody in it', async () => {
    const person = await ApiClient.signIn(app, { name: 'Ada', timeZone: 'Europe/London' });
    await app.kill();
    expect(readdirSync(app.dataDir)).toContain('lock');
    await app.startAgain();
    expect(await person.get('/me')).toMatchObject({ displayName: 'Ada', timeZone: 'Europe/London' });
  });

  it('is left in order by SIGTERM', async () => {
    expect(await app.terminate()).toEqual({ code: 0, signal: null });
    expect(readdirSync(app.dataDir)).not.toContain('lock');
    if (inFull(true, false)) await app.startAgain();
  });

  it('can be read by its owner only', async () => {
    expect(statSync(app.dataDir).mode & 0o077).toBe(0);
    for (const secret of ['jwt-secret', 'token-encryption-key']) {
      expect(statSync(`${app.dataDir}/${secret}`).mode & 0o077).toBe(0);
    }
  });
});

describe('a start beside others', () => {
  it('uses the sandbox that is already there, and leaves it there', async () => {
    const sandbox = await startStillSandbox();
    opened.push(() => sandbox.close());
    const app = await RunningApp.start({ sandboxPort: sandbox.port, env: { DATABASE_URL: database.url } });
    try {
      const person = await ApiClient.signIn(app);
      const { jobId } = await person.connect('newcomer');
      expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
    } finally {
      await app.stop();
    }
    expect((await fetch(`${sandbox.url}/sandbox`)).status).toBe(200);
  });

  it('migrates one database once when two processes start on it together, and says where it stands', async () => {
    const { url, query } = await postgres.createDatabase({ empty: true });
    const apps = await Promise.all([1, 2].map(() => started({ env: { DATABASE_URL: url } })));
    const names = (await query('SELECT name FROM migrations')).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
    for (const app of apps) {
      const log = app.lines.join('\n');
      expect(log).toContain(`[Start] Open ${app.url}`);
      expect(log).toContain('[Start] Database: PostgreSQL at 127.0.0.1');
      expect(log).toContain('[Start] Queues: synchronous, in this process');
      expect(log).toContain(`[Start] Sandbox platforms at ${app.sandboxUrl}`);
      expect(log).not.toContain('InstanceLoader');
    }
  });
});
