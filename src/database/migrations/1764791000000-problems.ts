import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why something is not read, and who can mend it: of a job, of a connection as of its last job, and of a closed line. And
 * why a provider wants no requests.
 */
export class Problems1764791000000 implements MigrationInterface {
  readonly name = 'Problems1764791000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN problem jsonb`);
    await queryRunner.query('ALTER TABLE request_budgets ADD COLUMN blocked_for text');
    await queryRunner.query(
      `CREATE INDEX connections_for_operator ON connections (platform) WHERE problem->>'actor' = 'operator'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX connections_for_operator');
    await queryRunner.query('ALTER TABLE request_budgets DROP COLUMN blocked_for');
    for (const table of TABLES) await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN problem`);
  }
}

const TABLES = ['jobs', 'connections', 'queue_lines'];
