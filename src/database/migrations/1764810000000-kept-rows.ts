import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../build-index.js';

/**
 * Counts the jobs that have ended before there were counters, and builds the indexes that keep the costs of a look apart
 * from the number of kept rows. It takes long on large tables and locks nobody out.
 */
export class KeptRows1764810000000 implements MigrationInterface {
  readonly name = 'KeptRows1764810000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    // One statement sees jobs and notes at one instant, so what is missing is right although both go on changing.
    await queryRunner.query(
      `INSERT INTO job_counts SELECT queue, status, sum(jobs) FROM (
         SELECT queue, status, count(*) AS jobs FROM jobs WHERE status NOT IN ('waiting', 'active') GROUP BY 1, 2
         UNION ALL SELECT queue, status, -jobs FROM job_counts) AS missing
       GROUP BY 1, 2 HAVING sum(jobs) <> 0`,
    );
    await queryRunner.query(
      `INSERT INTO schedules (user_id, platform) SELECT user_id, platform FROM connections WHERE status = 'connected'
       ON CONFLICT DO NOTHING`,
    );
    for (const [name, definition] of Object.entries(INDEXES)) await buildIndex(queryRunner, name, definition);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ${Object.keys(INDEXES).join(', ')}`);
    await queryRunner.query('DELETE FROM job_counts');
  }
}

const INDEXES = {
  schedules_unplanned: 'schedules (user_id, platform) WHERE planned_by IS NULL',
  batches_age: 'batches (finished_at) WHERE finished_at IS NOT NULL',
  signatures_age: 'signatures (built_at)',
};
