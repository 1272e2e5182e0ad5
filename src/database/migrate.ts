import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, MigrationExecutor, type Migration, type QueryRunner } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { sqlStateOf } from './failures.js';

/** An arbitrary constant, the same in every process. */
const MIGRATION_LOCK = 0x50_75_6c;

/** The change of a large table takes as long as it takes. A role may have limits of its own, and `pg` sends no zeros. */
const UNLIMITED = 'SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0';
const WITHOUT_LIMITS = { query_timeout: 0, statement_timeout: 0, idle_in_transaction_session_timeout: 0 };

/** How often a migration tries to get the tables that it changes. */
const TRIES = 12;

/** PostgreSQL's lock_not_available and deadlock_detected: another try may get the lock. */
const LOCKED_OUT = ['55P03', '40P01'];

/** Runs some of the migrations. */
class Executor extends MigrationExecutor {
  constructor(
    dataSource: DataSource,
    queryRunner: QueryRunner | undefined,
    private readonly names?: readonly string[],
  ) {
    super(dataSource, queryRunner);
  }

  /** All of them in runs: those next to each other that run in transactions, and those that run without. */
  runs(): Migration[][] {
    const runs: Migration[][] = [];
    for (const migration of super.getMigrations()) {
      const current = runs.at(-1);
      if (current?.[0] && isPlain(current[0]) === isPlain(migration)) current.push(migration);
      else runs.push([migration]);
    }
    return runs;
  }

  protected override getMigrations(): Migration[] {
    return super.getMigrations().filter(({ name }) => this.names?.includes(name) ?? true);
  }
}

/**
 * Runs the missing migrations, one process at a time: of processes that start at the same time the first one migrates,
 * and the others wait and find nothing to do. Those next to each other run in one transaction, so a crash leaves the
 * schema as it was before them. One with `transaction = false` can be run again after a crash in the midst of it; it is
 * for what takes long on large tables, which others go on reading and writing. On a server connections without time
 * limits are opened for it.
 * @param waitMs how long it waits for a table that others use, because everybody else waits behind it; and how long it
 * lets them go on before it tries again
 * @returns the names of the migrations that ran
 */
export async function migrate(dataSource: DataSource, waitMs = 5_000): Promise<string[]> {
  const options = dataSource.options as PostgresDataSourceOptions; // All our databases are PostgreSQL.
  if (options.poolSize === 1) return migrateOn(dataSource, waitMs); // The embedded database has one process and no limits.
  const unlimited = new DataSource({
    ...options,
    poolSize: 2,
    extra: { ...(options.extra as object), ...WITHOUT_LIMITS },
  });
  await unlimited.initialize();
  try {
    return await alone(unlimited, () => migrateOn(unlimited, waitMs));
  } finally {
    await unlimited.destroy();
  }
}

async function migrateOn(dataSource: DataSource, waitMs: number): Promise<string[]> {
  const ran: string[] = [];
  for (const run of new Executor(dataSource, undefined).runs()) {
    ran.push(...(await patiently(() => execute(dataSource, run, waitMs), waitMs)));
  }
  return ran;
}

/** Does it again while others have locked the tables. */
async function patiently<Result>(work: () => Promise<Result>, pauseMs: number): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !LOCKED_OUT.includes(sqlStateOf(error) ?? '')) throw error;
      await sleep(pauseMs);
    }
  }
}

/** Runs migrations that belong together. */
async function execute(dataSource: DataSource, run: readonly Migration[], waitMs: number): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  const names = run.map(({ name }) => name);
  const executor = new Executor(dataSource, queryRunner, names);
  try {
    await queryRunner.query(UNLIMITED);
    if (run.some(isPlain)) executor.transaction = 'none';
    else {
      await queryRunner.startTransaction();
      await queryRunner.query(`SET LOCAL lock_timeout = ${waitMs}`);
    }
    const ran = await executor.executePendingMigrations();
    if (queryRunner.isTransactionActive) await queryRunner.commitTransaction();
    return ran.map(({ name }) => name);
  } catch (error) {
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction();
    throw error;
  } finally {
    await queryRunner.release();
  }
}

function isPlain({ instance }: Migration): boolean {
  return instance?.transaction === false;
}

/** Holds the lock of all processes meanwhile, in a transaction that does nothing else. */
async function alone<Result>(dataSource: DataSource, work: () => Promise<Result>): Promise<Result> {
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query(UNLIMITED);
    while (!(await takeLock(holder))) await sleep(100);
    return await work();
  } finally {
    if (holder.isTransactionActive) await holder.rollbackTransaction();
    await holder.release();
  }
}

/**
 * Nobody waits for the lock in the database, and the statement has no parameters, after which `pg` leaves a portal open:
 * an index that is built beside writers waits for the end of every snapshot, and both hold one.
 */
async function takeLock(holder: QueryRunner): Promise<boolean> {
  await holder.startTransaction();
  const [row] = (await holder.query(`SELECT pg_try_advisory_xact_lock(${MIGRATION_LOCK}) AS ours`)) as {
    ours: boolean;
  }[];
  if (!row?.ours) await holder.rollbackTransaction();
  return row?.ours ?? false;
}
