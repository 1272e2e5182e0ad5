import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { ApiClient } from '../support/api-client.js';
import { PostgresServer, type TestDatabase } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { runWithBuilt } from '../support/built-program.js';
import { freePort } from '../support/free-port.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

type Environment = Readonly<Record<string, string>>;

interface RunningSandbox {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

interface DeploymentOptions {
  readonly env?: Environment;
  /** As on the command line of redis-server. */
  readonly redis?: readonly string[];
  /** A sandbox of the product's own, as a process; otherwise one in which no time passes, in the tests' process. */
  readonly sandboxProcess?: boolean;
}

/** Processes that share one PostgreSQL, one Redis, one sandbox and one set of secrets, as in production. */
export class Deployment {
  private readonly processes: RunningApp[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly database: TestDatabase,
    readonly env: Environment,
    private readonly postgres: PostgresServer,
    private readonly sandbox: RunningSandbox,
    private readonly folder: string,
  ) {}

  /** Starts what the processes need, and none of them. */
  static async start({
    env = {},
    redis: settings = [],
    sandboxProcess = false,
  }: DeploymentOptions = {}): Promise<Deployment> {
    const [redis, postgres, sandbox] = await Promise.all([
      RedisServer.start(settings),
      PostgresServer.start(),
      sandboxProcess ? startSandboxProcess() : startStillSandbox(),
    ]);
    const database = await postgres.createDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'soul-deployment-'));
    const shared = {
      DATA_DIR: folder,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SANDBOX_PORT: String(sandbox.port),
      JWT_SECRET: randomBytes(32).toString('base64'),
      TOKEN_ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
      ...env,
    };
    return new Deployment(redis, database, shared, postgres, sandbox, folder);
  }

  /** The stand-in Spotify's controls. */
  get spotify(): SandboxControl {
    return new SandboxControl(this.sandbox.url, 'spotify');
  }

  /** One more process; resolves when it is ready. */
  async process(role: 'all' | 'api' | 'worker', env: Environment = {}): Promise<RunningApp> {
    const app = await RunningApp.start({ env: { ROLE: role, ...this.env, ...env } });
    this.processes.push(app);
    return app;
  }

  /** A bearer token as the deployment's own secret makes it. */
  token(userId: string, claims: Readonly<Record<string, string>> = {}): Promise<string> {
    const secret = new TextEncoder().encode(this.env['JWT_SECRET']);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime('1h')
      .sign(secret);
  }

  async client(app: Pick<RunningApp, 'url'>, userId: string): Promise<ApiClient> {
    return new ApiClient(app, await this.token(userId), userId);
  }

  async admin(app: Pick<RunningApp, 'url'>): Promise<ApiClient> {
    return new ApiClient(app, await this.token('operator', { role: 'admin' }), 'operator');
  }

  /** How many extractions are in each status, as the ledger has them. */
  async extractions(): Promise<Record<string, number>> {
    const rows = await this.database.query(
      `SELECT status, count(*)::int AS count FROM jobs WHERE name = 'extract-platform' GROUP BY status`,
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  /** Ends everything that was started for it. */
  async stop(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.stop()));
    await this.database.drop();
    await Promise.all([this.redis.stop(), this.postgres.stop(), this.sandbox.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function startSandboxProcess(): Promise<RunningSandbox> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = runWithBuilt(`await import(built('main.js'));`, {
    env: { ROLE: 'sandbox', SANDBOX_PORT: String(port) },
  });
  await until('the sandbox to answer', async () => (await fetch(`${url}/sandbox`)).ok);
  return { url, port, close: async () => expect(await child.end('SIGTERM')).toEqual({ code: 0, signal: null }) };
}
