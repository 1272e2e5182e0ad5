import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { runWithBuilt } from '../../test/support/built-program.js';
import { openDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { until } from '../../test/support/until.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/migrations.js';

const NAMES = migrations.map((migration) => new migration().name);

/** A starting process; prints which migrations it ran. */
function starting(url: string) {
  return runWithBuilt(`
    const { createRequire } = await import('node:module');
    const { DataSource } = createRequire(built('main.js'))('typeorm');
    const { migrate } = await import(built('database/migrate.js'));
    const { migrations } = await import(built('database/migrations/migrations.js'));
    const dataSource = await new DataSource({
      type: 'postgres', url: ${JSON.stringify(url)}, migrations: [...migrations], installExtensions: false,
    }).initialize();
    console.log(JSON.stringify(await migrate(dataSource)));
    await dataSource.destroy();
  `);
}

/** Does something, and then fails. */
class HalfWay1764000000001 implements MigrationInterface {
  readonly name = 'HalfWay1764000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE half (n int)');
    await queryRunner.query('ALTER TABLE users ADD COLUMN half int');
    await queryRunner.query('SELECT 1 / 0');
  }

  down(): Promise<void> {
    return Promise.resolve();
  }
}

/** Needs a table for itself. */
class Column1764000000001 implements MigrationInterface {
  readonly name = 'Column1764000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs ADD COLUMN more int');
  }

  down(): Promise<void> {
    return Promise.resolve();
  }
}

const builds = ({ query }: TestDatabase) => query('SELECT FROM pg_stat_progress_create_index');

describe('Migrations', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  beforeEach(async () => {
    fresh = await server.createDatabase({ empty: true });
  });

  afterEach(() => fresh.drop());

  afterAll(() => server.stop());

  it('run once when five processes start at once, and every process starts', async () => {
    const processes = Array.from({ length: 5 }, () => starting(fresh.url));

    const endings = await Promise.all(processes.map((process) => process.ended));

    const output = processes.map((process) => process.output);
    expect({ codes: endings.map(({ code }) => code), output }).toMatchObject({ codes: [0, 0, 0, 0, 0] });
    const ran = output.map((text) => JSON.parse(text) as string[]).filter((names) => names.length > 0);
    expect(ran).toEqual([NAMES]);
    expect((await fresh.query('SELECT name FROM migrations ORDER BY id')).map(({ name }) => name)).toEqual(NAMES);
  });

  it('that fail half-way leave the schema as it was', async () => {
    const { dataSource, close } = await openDatabase({ url: fresh.url });
    await close();
    const options = { ...dataSource.options, migrations: [...migrations, HalfWay1764000000001] };
    const newer = await new DataSource(options).initialize();

    const printed = jest.spyOn(console, 'log').mockReturnValue();
    await expect(migrate(newer)).rejects.toThrow(/division by zero/);
    printed.mockRestore();

    expect(await fresh.query(`SELECT FROM information_schema.tables WHERE table_name = 'half'`)).toEqual([]);
    expect(await fresh.query(`SELECT FROM information_schema.columns WHERE column_name = 'half'`)).toEqual([]);
    expect((await fresh.query('SELECT name FROM migrations')).map(({ name }) => name)).toEqual(NAMES);
    await newer.destroy();
  });

  it('of a process that is killed half-way leave the schema as it was, and do not keep others waiting', async () => {
    const blocker = runWithBuilt(`
      const { createRequire } = await import('node:module');
      const { DataSource } = createRequire(built('main.js'))('typeorm');
      const { migrate } = await import(built('database/migrate.js'));
      const { migrations } = await import(built('database/migrations/migrations.js'));
      class Endless1764000000001 {
        name = 'Endless1764000000001';
        async up(queryRunner) {
          await queryRunner.query('CREATE TABLE half (n int)');
          console.log('half-way');
          await queryRunner.query('SELECT pg_sleep(600)');
        }
      }
      const dataSource = await new DataSource({
        type: 'postgres', url: ${JSON.stringify(fresh.url)}, migrations: [...migrations, Endless1764000000001], installExtensions: false,
      }).initialize();
      await migrate(dataSource);
    `);
    while (!blocker.lines.includes('half-way')) {
      if (!blocker.isRunning) throw new Error(blocker.output);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const waiting = starting(fresh.url);
    await blocker.end('SIGKILL');
    // The server would notice the dead client only at its next message, so its session is ended here.
    await fresh.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`,
    );

    expect((await waiting.ended).code).toBe(0);
    expect(JSON.parse(waiting.output)).toEqual(NAMES);
    expect(await fresh.query(`SELECT FROM information_schema.tables WHERE table_name = 'half'`)).toEqual([]);
  });

  it('have no time limit, as everything else has, whatever the role has', async () => {
    const { database } = /.*\/(?<database>[^/?]+)/.exec(fresh.url)!.groups!;
    for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
      await fresh.query(`ALTER DATABASE ${database} SET ${limit} = '500ms'`);
    }
    const { dataSource, close } = await openDatabase({ url: fresh.url });
    const limits = (queryRunner: { query(sql: string): Promise<unknown> }) =>
      queryRunner.query(
        `SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'), current_setting('lock_timeout')) AS limits`,
      );
    const seen: unknown[] = [];
    class Curious1764000000001 implements MigrationInterface {
      readonly name: string = 'Curious1764000000001';

      async up(queryRunner: QueryRunner): Promise<void> {
        seen.push(await limits(queryRunner));
        // So long the process that migrates holds the lock of all processes, in a transaction that does nothing.
        await queryRunner.query('SELECT pg_sleep(1)');
      }

      down(): Promise<void> {
        return Promise.resolve();
      }
    }
    class Plain1764000000002 extends Curious1764000000001 {
      override readonly name: string = 'Plain1764000000002';
      readonly transaction = false;
    }
    const newer = await new DataSource({
      ...dataSource.options,
      migrations: [...migrations, Curious1764000000001, Plain1764000000002],
    }).initialize();
    await migrate(newer);

    // In a transaction they wait for a table only as long as others may wait behind them.
    expect(seen).toEqual([[{ limits: '0 0 5s' }], [{ limits: '0 0 0' }]]);
    expect(await limits(newer)).toEqual([{ limits: '10s 15s 500ms' }]);
    await newer.destroy();
    await close();
  });

  it('that have to wait for a table let the others pass, and come back', async () => {
    const { dataSource, close } = await openDatabase({ url: fresh.url });
    await close();
    const newer = await new DataSource({
      ...dataSource.options,
      migrations: [...migrations, Column1764000000001],
    }).initialize();
    const reader = newer.createQueryRunner();
    await reader.query('BEGIN; LOCK TABLE jobs IN ACCESS SHARE MODE');
    const printed = jest.spyOn(console, 'log').mockReturnValue();
    const migrating = migrate(newer, 200);
    await until('it to wait', async () => {
      const waiting = await fresh.query(
        `SELECT FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE jobs%' AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    });
    // Behind an ALTER that waits without a limit this would wait for the reader too.
    expect(await fresh.query('SELECT count(*) FROM jobs')).toEqual([{ count: 0 }]);
    await reader.query('COMMIT');
    expect(await migrating).toEqual(['Column1764000000001']);
    printed.mockRestore();
    await reader.release();
    await newer.destroy();
  });

  it('that build an index lock nobody out, and build it anew when they were killed', async () => {
    const { dataSource, close } = await openDatabase({ url: fresh.url });
    const before = dataSource.createQueryRunner();
    const newest = migrations.findLastIndex(
      (Migration) => (new Migration() as MigrationInterface).transaction === false,
    );
    const missing = NAMES.slice(newest);
    for (const _ of missing) await dataSource.undoLastMigration();
    await before.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users');

    const killed = starting(fresh.url);
    await until('the build to wait for the reader', async () => (await builds(fresh)).length > 0);
    await fresh.query(`INSERT INTO users (id) VALUES ('ana')`);
    await killed.end('SIGKILL');
    await fresh.query('SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index');
    await until('the build to end', async () => (await builds(fresh)).length === 0);
    const indexes = () =>
      fresh.query(`SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index ORDER BY 1`);
    const broken = (await indexes()).filter(({ valid }) => !valid);
    expect(broken).toHaveLength(1);

    await before.query('COMMIT');
    await before.release();
    expect(await migrate(dataSource)).toEqual(missing);
    expect((await indexes()).filter(({ valid }) => !valid)).toEqual([]);
    expect(await indexes()).toContainEqual({ ...broken[0], valid: true });
    await close();
  });

  it('can be taken back', async () => {
    const { dataSource, close } = await openDatabase({ url: fresh.url });
    for (const _ of NAMES) await dataSource.undoLastMigration();
    const left = await fresh.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`);
    expect(left.map((row) => row.table_name)).toEqual(['migrations']);
    expect(await migrate(dataSource)).toEqual(NAMES);
    await close();
  });
});
