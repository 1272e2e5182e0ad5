import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What extraction needs to respect limits and to run by itself: budgets of requests, schedules, gaps in what was read. */
export class Extraction1764300000000 implements MigrationInterface {
  readonly name = 'Extraction1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX items_by_time');
    await queryRunner.query('DROP TABLE coverage_gaps, schedules, request_budgets');
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
    -- When what the provider soon forgets is due; null where it forgets nothing.
    poll_at timestamptz,
    -- The job that reads only that.
    poll_job uuid,
    -- The zone and the rule that next_at was planned by: when either changes, it is planned anew.
    planned_by text,
    PRIMARY KEY (user_id, platform),
    FOREIGN KEY (user_id, platform) REFERENCES connections ON DELETE CASCADE
  )`,
  'CREATE INDEX schedules_due ON schedules ((least(next_at, poll_at)))',
  'CREATE INDEX schedules_polls ON schedules (poll_job) WHERE poll_job IS NOT NULL',

  `CREATE TABLE coverage_gaps (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    kind text NOT NULL,
    -- Between these two instants the provider had forgotten what it knew before we asked.
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, platform, kind, from_at)
  )`,
  `CREATE INDEX items_by_time ON items (user_id, platform, kind, occurred_at) WHERE time_meaning = 'user_act'`,
];
