import { DataSource, MigrationExecutor } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';

/** An arbitrary constant, the same in every process. */
const MIGRATION_LOCK = 0x50_75_6c;

/** The change of a large table takes as long as it takes. */
const WITHOUT_LIMITS = { query_timeout: 0, statement_timeout: 0, idle_in_transaction_session_timeout: 0 };

/**
 * Runs the missing migrations in one transaction under an advisory lock: of processes that start at the same time the
 * first one migrates and the others wait and find nothing to do; a crash leaves the old schema. On a server it opens a
 * connection without time limits for it.
 * @returns the names of the migrations that ran
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const options = dataSource.options as PostgresDataSourceOptions; // All our databases are PostgreSQL.
  if (options.poolSize === 1) return migrateOn(dataSource); // The embedded database has one connection and no limits.
  const unlimited = new DataSource({
    ...options,
    poolSize: 1,
    extra: { ...(options.extra as object), ...WITHOUT_LIMITS },
  });
  await unlimited.initialize();
  try {
    return await migrateOn(unlimited);
  } finally {
    await unlimited.destroy();
  }
}

async function migrateOn(dataSource: DataSource): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    await queryRunner.startTransaction();
    await queryRunner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const ran = await new MigrationExecutor(dataSource, queryRunner).executePendingMigrations();
    await queryRunner.commitTransaction();
    return ran.map((migration) => migration.name);
  } catch (error) {
    if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction();
    throw error;
  } finally {
    await queryRunner.release();
  }
}
