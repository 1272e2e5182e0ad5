import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../build-index.js';

/** Finds due jobs by line, and the ends of those that wait for a provider, in place of the indexes without lines. */
export class QueueLineIndexes1764800000000 implements MigrationInterface {
  readonly name = 'QueueLineIndexes1764800000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildIndex(
      queryRunner,
      'jobs_due_by_line',
      `jobs (queue, coalesce(platform, ''), priority, run_at, id) WHERE status = 'waiting' AND dispatched_at IS NULL`,
    );
    await buildIndex(
      queryRunner,
      'jobs_ends',
      `jobs (expires_at) WHERE status = 'waiting' AND (claim = 0 OR snoozed_until IS NOT NULL)`,
    );
    // Sent together they are one transaction, which can be repeated after a crash.
    await queryRunner.query(
      `SET LOCAL lock_timeout = 5000; DROP INDEX IF EXISTS jobs_due, jobs_next, jobs_expiry;
       ALTER INDEX jobs_due_by_line RENAME TO jobs_due; ALTER INDEX jobs_ends RENAME TO jobs_expiry`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_due, jobs_expiry');
    await queryRunner.query(
      `CREATE INDEX jobs_due ON jobs (queue, priority, run_at, id) WHERE status = 'waiting' AND dispatched_at IS NULL`,
    );
    await queryRunner.query(
      `CREATE INDEX jobs_next ON jobs (queue, run_at) WHERE status = 'waiting' AND dispatched_at IS NULL`,
    );
    await queryRunner.query(`CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE status = 'waiting' AND claim = 0`);
  }
}
