import { MigrationExecutor, type DataSource } from 'typeorm';

/** An arbitrary constant, the same in every process. */
const MIGRATION_LOCK = 0x50_75_6c;

/**
 * Runs the missing migrations in one transaction under an advisory lock: of processes that start at the same time the
 * first one migrates and the others wait and find nothing to do; a crash leaves the old schema.
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
