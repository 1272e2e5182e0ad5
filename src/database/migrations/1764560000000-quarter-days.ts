import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Statistics on how many days the quarter hours of `stat_day` make. Without them the planner expects as many groups as
 * rows, and sorts them on disk where a small table in memory does.
 */
export class QuarterDays1764560000000 implements MigrationInterface {
  readonly name = 'QuarterDays1764560000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE STATISTICS stat_quarter_days ON (quarter / 96) FROM stat_quarter');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP STATISTICS stat_quarter_days');
  }
}
