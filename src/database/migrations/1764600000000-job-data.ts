import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A job keeps all of its data, and one index for jobs of every kind keeps two equal ones from being unfinished at once.
 * What older rows were about stood in `user_id` and `platform`.
 */
export class JobData1764600000000 implements MigrationInterface {
  readonly name = 'JobData1764600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs ADD COLUMN data jsonb, ADD COLUMN unique_key text');
    await queryRunner.query(
      `UPDATE jobs SET data = jsonb_strip_nulls(jsonb_build_object('userId', user_id, 'platform', platform)),
         unique_key = CASE
           WHEN name = 'extract-platform' THEN platform || ' ' || user_id
           WHEN name = 'build-signature' AND status = 'waiting' AND claim = 0 THEN user_id END`,
    );
    await queryRunner.query('ALTER TABLE jobs ALTER COLUMN data SET NOT NULL');
    await queryRunner.query(
      `CREATE UNIQUE INDEX jobs_unique ON jobs (name, unique_key) WHERE status IN ('waiting', 'active')`,
    );
    await queryRunner.query('DROP INDEX jobs_one_unfinished_extraction, jobs_one_unstarted_build');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE UNIQUE INDEX jobs_one_unfinished_extraction ON jobs (user_id, platform)
       WHERE name = 'extract-platform' AND status IN ('waiting', 'active')`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX jobs_one_unstarted_build ON jobs (user_id)
       WHERE name = 'build-signature' AND status = 'waiting' AND claim = 0`,
    );
    await queryRunner.query('ALTER TABLE jobs DROP COLUMN data, DROP COLUMN unique_key');
  }
}
