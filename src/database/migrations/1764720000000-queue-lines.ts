import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Jobs are chosen by line (their platform), lines can be closed for a time, and a job knows since when it has waited. */
export class QueueLines1764720000000 implements MigrationInterface {
  readonly name = 'QueueLines1764720000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  `CREATE TABLE queue_lines (
    queue text NOT NULL,
    -- A platform, or empty for jobs of none.
    line text NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT now(),
    closed_until timestamptz NOT NULL,
    PRIMARY KEY (queue, line)
  )`,
  // The day of what waits already begins now.
  `ALTER TABLE jobs ADD COLUMN first_due_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN snoozes integer NOT NULL DEFAULT 0`,
  // Built before anything is dropped: a drop locks out readers too, until the end of the migration.
  `CREATE INDEX jobs_due_by_line ON jobs (queue, coalesce(platform, ''), priority, run_at, id)
    WHERE status = 'waiting' AND dispatched_at IS NULL`,
  `CREATE INDEX jobs_ends ON jobs (expires_at) WHERE status = 'waiting' AND (claim = 0 OR snoozed_until IS NOT NULL)`,
  'DROP INDEX jobs_due, jobs_next, jobs_expiry',
  'ALTER INDEX jobs_due_by_line RENAME TO jobs_due',
  'ALTER INDEX jobs_ends RENAME TO jobs_expiry',
];

const DOWN = [
  'DROP INDEX jobs_due, jobs_expiry',
  `CREATE INDEX jobs_due ON jobs (queue, priority, run_at, id) WHERE status = 'waiting' AND dispatched_at IS NULL`,
  `CREATE INDEX jobs_next ON jobs (queue, run_at) WHERE status = 'waiting' AND dispatched_at IS NULL`,
  `CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE status = 'waiting' AND claim = 0`,
  'ALTER TABLE jobs DROP COLUMN first_due_at, DROP COLUMN snoozes',
  'DROP TABLE queue_lines',
];
