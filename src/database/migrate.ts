import { MigrationExecutor, type DataSource } from 'typeorm';

/** Any constant; the same in every process of ours. */
const MIGRATION_LOCK = 0x50_75_6c;

/**
 * Runs what is missing of the migrations in a single transaction under an advisory lock: processes that start at once
 * queue up, the first one migrates, the others find nothing to do, and a crash half-way leaves the old schema.
 * @returns the names of the migrations that ran
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
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
