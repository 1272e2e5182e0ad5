import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lines of jobs (their platforms) that can be closed for a time, and since when a job has waited. */
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
];

const DOWN = ['ALTER TABLE jobs DROP COLUMN first_due_at, DROP COLUMN snoozes', 'DROP TABLE queue_lines'];
