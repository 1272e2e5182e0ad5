import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Guesses of passwords, what operators showed to get in, and deleted accounts by the time of their deletion. */
export class Doors1764770000000 implements MigrationInterface {
  readonly name = 'Doors1764770000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX deleted_accounts_time');
    await queryRunner.query('ALTER TABLE admin_actions DROP COLUMN target, DROP COLUMN credential');
    await queryRunner.query('DROP TABLE failed_sign_ins');
  }
}

const STATEMENTS = [
  `CREATE TABLE failed_sign_ins (
    -- What was guessed at, and the network that guessed.
    key text PRIMARY KEY,
    -- Theoretical arrival time of the next guess (GCRA, ITU-T I.371).
    tat timestamptz NOT NULL
  )`,
  `ALTER TABLE admin_actions
    -- What let the operator in: a token with its id, or a password. Never the token or the password itself.
    ADD COLUMN credential text,
    -- The values of the pattern in action, shortened: the name of a queue, the id of a job.
    ADD COLUMN target text`,
  'CREATE INDEX deleted_accounts_time ON deleted_accounts (deleted_at)',
];
