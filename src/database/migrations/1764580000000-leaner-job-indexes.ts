import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A lease that is renewed touches no index, so it needs no new entry in any: expired ones are found among the few jobs in
 * flight. Those are found by person too, however many finished jobs a person has.
 */
export class LeanerJobIndexes1764580000000 implements MigrationInterface {
  readonly name = 'LeanerJobIndexes1764580000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_leases');
    await queryRunner.query('DROP INDEX jobs_in_flight');
    await queryRunner.query(`CREATE INDEX jobs_in_flight ON jobs (queue, user_id) WHERE ${IN_FLIGHT}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_in_flight');
    await queryRunner.query(`CREATE INDEX jobs_in_flight ON jobs (queue) WHERE ${IN_FLIGHT}`);
    await queryRunner.query(`CREATE INDEX jobs_leases ON jobs (lease_until) WHERE status = 'active'`);
  }
}

const IN_FLIGHT = `status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL)`;
