import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a provider's pause began, so that a clock that stepped back does not prolong it; and where waiting requests stand. */
export class BudgetPlaces1764750000000 implements MigrationInterface {
  readonly name = 'BudgetPlaces1764750000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE request_budgets ADD COLUMN blocked_at timestamptz, ADD COLUMN line_end timestamptz',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE request_budgets DROP COLUMN line_end, DROP COLUMN blocked_at');
  }
}
