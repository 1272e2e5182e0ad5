import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Budgets of one person at one platform go with the person, and cannot be added once the person is gone. */
export class BudgetOwners1764780000000 implements MigrationInterface {
  readonly name = 'BudgetOwners1764780000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE request_budgets DROP COLUMN user_id');
  }
}

const STATEMENTS = [
  // Null where all people spend from it.
  'ALTER TABLE request_budgets ADD COLUMN user_id text REFERENCES users ON DELETE CASCADE',
  `UPDATE request_budgets SET user_id = users.id FROM users
   WHERE position(' of ' IN key) > 0 AND users.id = substring(key FROM position(' of ' IN key) + 4)`,
  `DELETE FROM request_budgets WHERE user_id IS NULL AND position(' of ' IN key) > 0`,
  'CREATE INDEX request_budgets_of_user ON request_budgets (user_id) WHERE user_id IS NOT NULL',
];
