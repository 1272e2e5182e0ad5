import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the jobs that were running when their process died without reading all that waits. */
export class Suspects1764550000000 implements MigrationInterface {
  readonly name = 'Suspects1764550000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX jobs_suspects ON jobs (queue, run_at, id) WHERE crashes > 0 AND status IN ('waiting', 'active')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX jobs_suspects');
  }
}
