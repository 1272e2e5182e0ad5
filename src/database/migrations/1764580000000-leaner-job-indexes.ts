import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A lease that is renewed touches no index, so the row can be updated in place (HOT) where its page has room: expired
 * leases are found among the few jobs in flight. Those are found by person too, however many finished jobs a person has.
 */
export class LeanerJobIndexes1764580000000 implements MigrationInterface {
  readonly name = 'LeanerJobIndexes1764580000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Built before anything is dropped: a drop locks out readers too, until the end of the migration.
    await queryRunner.query(`CREATE INDEX jobs_in_flight_of_user ON jobs (queue, user_id) WHERE ${IN_FLIGHT}`);
    await queryRunner.query('DROP INDEX jobs_in_flight, jobs_leases');
    await queryRunner.query('ALTER INDEX jobs_in_flight_of_user RENAME TO jobs_in_flight');
    await queryRunner.query('ALTER TABLE jobs SET (fillfactor = 80)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE jobs RESET (fillfactor)');
    await queryRunner.query('DROP INDEX jobs_in_flight');
    await queryRunner.query(`CREATE INDEX jobs_in_flight ON jobs (queue) WHERE ${IN_FLIGHT}`);
    await queryRunner.query(`CREATE INDEX jobs_leases ON jobs (lease_until) WHERE status = 'active'`);
  }
}

const IN_FLIGHT = `status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL)`;
