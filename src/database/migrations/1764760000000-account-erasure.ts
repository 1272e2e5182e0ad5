import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts that a job is deleting, and what finds a person's rows in tables that were ordered for other questions. */
export class AccountErasure1764760000000 implements MigrationInterface {
  readonly name = 'AccountErasure1764760000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // When the person deleted the account; null while it lives. From then on nothing is added to it.
    await queryRunner.query('ALTER TABLE users ADD COLUMN erasing_at timestamptz');
    await queryRunner.query('CREATE INDEX users_erasing ON users (erasing_at) WHERE erasing_at IS NOT NULL');
    await queryRunner.query('CREATE INDEX batches_of_user ON batches (user_id)');
    await queryRunner.query('CREATE INDEX population_entries_of_user ON population_entries (user_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX population_entries_of_user, batches_of_user, users_erasing');
    await queryRunner.query('ALTER TABLE users DROP COLUMN erasing_at');
  }
}
