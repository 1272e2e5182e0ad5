import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while others write to its table, for a migration without a transaction. What a killed build has left
 * is not used by any query; it is dropped and built anew.
 * @param definition what follows the name in `CREATE INDEX`: the table, columns and condition
 */
export async function buildIndex(queryRunner: QueryRunner, name: string, definition: string): Promise<void> {
  const [found] = (await queryRunner.query(
    'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  )) as { valid: boolean }[];
  if (found?.valid) return;
  if (found) await queryRunner.query(`DROP INDEX CONCURRENTLY ${name}`);
  await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${definition}`);
}
