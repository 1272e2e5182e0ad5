import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts that a job is deleting. */
export class AccountErasure1764760000000 implements MigrationInterface {
  readonly name = 'AccountErasure1764760000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // When the person deleted the account; null while it lives. From then on nothing is added to it.
    await queryRunner.query('ALTER TABLE users ADD COLUMN erasing_at timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE users DROP COLUMN erasing_at');
  }
}
