import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What extraction needs to respect limits and to run by itself: budgets of requests, and schedules. */
export class Extraction1764300000000 implements MigrationInterface {
  readonly name = 'Extraction1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE schedules, request_budgets');
  }
}

const STATEMENTS = [
  `CREATE TABLE request_budgets (
    -- A platform, a platform and a user, or all platforms together.
    key text PRIMARY KEY,
    -- Theoretical arrival time of the next request (GCRA, ITU-T I.371).
    tat timestamptz NOT NULL,
    -- The provider asked to be left alone until then.
    blocked_until timestamptz
  )`,
  'CREATE INDEX request_budgets_age ON request_budgets (tat)',

  `CREATE TABLE schedules (
    user_id text NOT NULL,
    platform text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    -- When the next extraction is due; null until it is planned.
    next_at timestamptz,
    -- The zone and the rule that next_at was planned by: when either changes, it is planned anew.
    planned_by text,
    PRIMARY KEY (user_id, platform),
    FOREIGN KEY (user_id, platform) REFERENCES connections ON DELETE CASCADE
  )`,
  'CREATE INDEX schedules_due ON schedules (next_at)',
];
