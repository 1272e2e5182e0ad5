import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, Pool } from 'pg';
import { Child } from './child.js';
import { createSchema } from './create-schema.js';
import { freePort } from './free-port.js';
import { copyFolder, prepared } from './prepared-folder.js';
import { findOrInstall } from './system-packages.js';
import { until } from './until.js';

const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** Nothing is kept longer than the tests, so nothing is made durable. */
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=500'];

/** Commits are on the disk when they are answered, as PostgreSQL has it by default. */
const DURABLE = ['max_connections=200'];

/** A database with the schema, of which each test's own is a copy. */
const PREPARED = 'prepared';

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Rows of one statement, past the product: for looking, and for moving time. */
  query(sql: string, parameters?: readonly unknown[]): Promise<any[]>;
  drop(): Promise<void>;
}

/**
 * A real PostgreSQL for tests: the one that `TEST_DATABASE_URL` names, which is that of all suites unless somebody gave
 * another, or one of their own on a free port.
 */
export class PostgresServer {
  private constructor(
    /** As its superuser. */
    readonly url: string,
    /** A database in it that has the schema. */
    readonly template: string | undefined,
    private readonly own?: {
      child: Child;
      readonly folder: string;
      readonly settings: readonly string[];
      readonly run: () => Child;
    },
  ) {}

  /**
   * @param options `own`: nobody else uses it, so it may be harmed. `durable`: it is our own, and what it has committed is
   * there again after a crash.
   */
  static async start({ durable = false, own = false } = {}): Promise<PostgresServer> {
    const given = process.env['TEST_DATABASE_URL'];
    if (given && !durable && !own) return new PostgresServer(given, process.env['TEST_DATABASE_TEMPLATE']);
    const initdb = postgresProgram('initdb');
    const folder = mkdtempSync(join(tmpdir(), 'soul-pg-'));
    const [version = ''] = /\d+/.exec(execFileSync(initdb, ['--version'], { encoding: 'utf8' })) ?? [];
    copyFolder(await prepared(`postgres-${version}`, (empty) => PostgresServer.prepare(empty)), folder);
    return PostgresServer.run(folder, durable ? DURABLE : SETTINGS);
  }

  /** Runs a server on the `data` in a folder, which goes when it stops. */
  private static async run(folder: string, settings: readonly string[]): Promise<PostgresServer> {
    const user = unprivilegedUser();
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const port = await freePort();
    const command = ['-D', join(folder, 'data'), '-h', '127.0.0.1', '-p', String(port), '-k', folder];
    for (const setting of settings) command.push('-c', setting);
    const run = () => new Child(postgresProgram('postgres'), command, { ...user, cwd: folder });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const server = new PostgresServer(url, PREPARED, { child: run(), folder, settings, run });
    await server.accepts();
    return server;
  }

  /** Makes the data of a server that has the schema prepared. */
  private static async prepare(folder: string): Promise<void> {
    const user = unprivilegedUser();
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const make = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const making = new Child(postgresProgram('initdb'), make, { ...user, cwd: folder });
    if ((await making.ended).code !== 0) throw new Error(`initdb failed:\n${making.output}`);
    const server = await PostgresServer.run(folder, SETTINGS);
    try {
      await queryAt(server.url, `CREATE DATABASE ${PREPARED}`);
      await createSchema({ DATA_DIR: folder, DATABASE_URL: server.urlOf(PREPARED) });
    } finally {
      await server.end();
    }
  }

  /** Ends the server of our own as `pg_ctl stop -m immediate` does: without a last word to anybody. */
  async crash(): Promise<void> {
    await this.owned.child.end('SIGQUIT');
  }

  /** Starts it again on the same port and data. */
  async startAgain(): Promise<void> {
    this.owned.child = this.owned.run();
    await this.accepts();
  }

  /** A standby of a server of our own: it begins with a copy of the data and follows what is committed. */
  async standby(): Promise<PostgresServer> {
    const { settings } = this.owned;
    const folder = mkdtempSync(join(tmpdir(), 'soul-pg-'));
    const user = unprivilegedUser();
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const copy = [
      '-d',
      this.url,
      '-D',
      join(folder, 'data'),
      '--checkpoint=fast',
      '--no-sync',
      '--write-recovery-conf',
    ];
    const copying = new Child(postgresProgram('pg_basebackup'), copy, { ...user, cwd: folder });
    if ((await copying.ended).code !== 0) throw new Error(`pg_basebackup failed:\n${copying.output}`);
    return PostgresServer.run(folder, settings);
  }

  /** Lets a standby fall behind: what is committed from now on does not reach it. */
  async fallBehind(): Promise<void> {
    await queryAt(this.url, `ALTER SYSTEM SET primary_conninfo = ''`);
    await queryAt(this.url, 'SELECT pg_reload_conf()');
    const following = 'SELECT FROM pg_stat_wal_receiver';
    await until('the standby to receive no more', async () => (await queryAt(this.url, following)).length === 0);
  }

  /** Makes a standby the server, as a failover does. */
  async promote(): Promise<void> {
    await queryAt(this.url, 'SELECT pg_promote()');
  }

  /** Asks a database in it, past the product. */
  queryIn(database: string): TestDatabase['query'] {
    return (sql, parameters) => queryAt(this.urlOf(database), sql, parameters);
  }

  private urlOf(database: string): string {
    const address = new URL(this.url);
    address.pathname = `/${database}`;
    return address.href;
  }

  /** A database with the schema of this version, or with none: `empty`. Without a template every one is empty. */
  async createDatabase({ empty = false } = {}): Promise<TestDatabase> {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    const template = empty || !this.template ? '' : ` TEMPLATE ${this.template}`;
    await queryAt(this.url, `CREATE DATABASE ${name}${template}`);
    const url = this.urlOf(name);
    const pool = poolAt(url);
    return {
      url,
      query: async (sql, parameters = []) => (await pool.query(sql, [...parameters])).rows,
      drop: async () => {
        await pool.end();
        await queryAt(this.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      },
    };
  }

  private get owned() {
    if (!this.own) throw new Error('TEST_DATABASE_URL names a server that is not ours to harm');
    return this.own;
  }

  private async accepts(): Promise<void> {
    const { child } = this.owned;
    await until('PostgreSQL to accept connections', async () => {
      if (!child.isRunning) throw new Error(child.output);
      return (await queryAt(this.url, 'SELECT 1')).length === 1;
    });
  }

  /** Ends the server of our own; a given one goes on. */
  async stop(): Promise<void> {
    if (!this.own) return;
    await this.end();
    rmSync(this.own.folder, { recursive: true, force: true });
  }

  private async end(): Promise<void> {
    await this.owned.child.end('SIGINT'); // PostgreSQL's fast shutdown.
  }
}

async function queryAt(url: string, sql: string, parameters: readonly unknown[] = []): Promise<any[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql, [...parameters])).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Tests look often: a connection for each look would cost more than what is asked. One that breaks is replaced. */
function poolAt(url: string): Pool {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5_000, allowExitOnIdle: true });
  pool.on('error', () => undefined);
  return pool;
}

/** One of PostgreSQL's programs; all are beside the real `initdb`, to which a link may lead. */
export function postgresProgram(name: string): string {
  const initdb = findOrInstall({
    names: ['initdb'],
    folders: debianFolders,
    debianPackage: 'postgresql',
    otherwise: 'set TEST_DATABASE_URL to a PostgreSQL 15 or later where databases may be created',
  });
  return join(dirname(realpathSync(initdb)), name);
}

/** Debian keeps the server's programs out of PATH; the newest first. */
function debianFolders(): string[] {
  if (!existsSync(DEBIAN_FOLDER)) return [];
  const versions = readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN_FOLDER, version, 'bin'));
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid?: never; gid?: never } | { uid: number; gid: number } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user here.
    }
  }
  return {};
}
