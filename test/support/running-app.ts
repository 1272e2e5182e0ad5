import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_FLAGS, PROGRAM } from './built-program.js';
import { Child, type Ending } from './child.js';
import { copyEmbeddedDatabase } from './embedded-database.js';
import { freePort } from './free-port.js';
import { PostgresServer, type TestDatabase } from './postgres-server.js';
import { RedisServer } from './redis-server.js';
import { SandboxControl } from './sandbox-control.js';
import { PATIENCE_MS, until } from './until.js';

/** Which servers stand beside the program. The same tests run on all of them. */
export interface Engines {
  readonly database: 'embedded' | 'postgres';
  readonly redis: boolean;
}

export interface AppOptions extends Partial<Engines> {
  readonly env?: Readonly<Record<string, string>>;
  /** Where a sandbox listens already, or shall listen. */
  readonly sandboxPort?: number;
  /** Another build's `main.js`; it begins with an empty database. */
  readonly program?: string;
  /** Its database is not there yet, or has no tables. */
  readonly empty?: boolean;
}

/** The built program as a process of its own, with its own folder, ports and databases. */
export class RunningApp {
  readonly url: string;
  readonly sandboxUrl: string;
  /** The stand-in Spotify's controls. */
  readonly spotify: SandboxControl;
  private child: Child;

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly folder: string,
    readonly database: TestDatabase | undefined,
    private readonly servers: readonly { stop(): Promise<void> }[],
    private program: string,
  ) {
    this.url = `http://127.0.0.1:${env['PORT']}`;
    this.sandboxUrl = `http://127.0.0.1:${env['SANDBOX_PORT']}`;
    this.spotify = new SandboxControl(this.sandboxUrl, 'spotify');
    this.child = this.spawn();
  }

  /** Starts the program and what it needs; resolves when it is ready. */
  static async start(options: AppOptions = {}): Promise<RunningApp> {
    const { database = 'embedded', redis = false, env = {}, sandboxPort, program = PROGRAM } = options;
    const { empty = program !== PROGRAM } = options;
    const folder = mkdtempSync(join(tmpdir(), 'soul-app-'));
    const postgres = database === 'postgres' ? await PostgresServer.start() : undefined;
    const redisServer = redis ? await RedisServer.start() : undefined;
    const testDatabase = await postgres?.createDatabase({ empty });
    const dataDir = join(folder, 'data');
    if (!empty && !postgres && env['DATABASE_URL'] === undefined) await copyEmbeddedDatabase(dataDir);
    const app = new RunningApp(
      {
        PORT: String(await freePort()),
        SANDBOX_PORT: String(sandboxPort ?? (await freePort())),
        DATA_DIR: dataDir,
        // Tests ask far more often than people do.
        API_RATE_MAX: '0',
        ...(testDatabase && { DATABASE_URL: testDatabase.url }),
        ...(redisServer && { REDIS_URL: redisServer.url, QUEUE_PREFIX: `test-${Date.now()}` }),
        ...env,
      },
      folder,
      testDatabase,
      [postgres, redisServer].filter((server) => server !== undefined),
      program,
    );
    try {
      await app.ready();
    } catch (error) {
      await app.stop();
      throw error;
    }
    return app;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Its Redis, where it has one. */
  get redisUrl(): string {
    return this.env['REDIS_URL'] ?? '';
  }

  get isRunning(): boolean {
    return this.child.isRunning;
  }

  /** What it has printed since its last start. */
  get lines(): readonly string[] {
    return this.child.lines;
  }

  /** Its data folder, `DATA_DIR`. */
  get dataDir(): string {
    return this.env['DATA_DIR'] ?? '';
  }

  /** Ends it as a crash does. */
  kill(): Promise<Ending> {
    return this.child.end('SIGKILL');
  }

  /** Ends it in order, and leaves its data. */
  terminate(): Promise<Ending> {
    return this.child.end('SIGTERM');
  }

  /** Starts it again on the same data and ports. */
  async startAgain(): Promise<void> {
    this.child = this.spawn();
    await this.ready();
  }

  /** Starts the current build on the data of another one. */
  async upgrade(): Promise<void> {
    this.program = PROGRAM;
    await this.startAgain();
  }

  /** Ends it in order, with everything that was made for it. */
  async stop(): Promise<void> {
    if (this.isRunning) await this.terminate();
    await this.database?.drop();
    for (const server of this.servers) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(): Child {
    return new Child(process.execPath, [...NODE_FLAGS, this.program], { cwd: this.folder, env: this.env });
  }

  private async ready(): Promise<void> {
    const { child } = this;
    await until(`${this.url} to be ready`, async () => {
      if (!child.isRunning) throw new Error(`The program ended:\n${child.output}`);
      return (await fetch(`${this.url}/health/ready`)).ok;
    }).catch((error: unknown) => {
      throw new Error(`The program did not get ready:\n${child.output}`, { cause: error });
    });
  }
}

/** Runs the program where it is expected to end by itself: a mistaken start. */
export async function runToItsEnd(
  env: Readonly<Record<string, string>>,
  limitMs = PATIENCE_MS,
): Promise<Ending & { readonly output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'soul-app-'));
  const child = new Child(process.execPath, [...NODE_FLAGS, PROGRAM], {
    cwd: folder,
    env: { DATA_DIR: join(folder, 'data'), ...env },
  });
  const timer = setTimeout(() => child.signal('SIGKILL'), limitMs);
  const ending = await child.ended;
  clearTimeout(timer);
  rmSync(folder, { recursive: true, force: true });
  return { ...ending, output: child.output };
}
