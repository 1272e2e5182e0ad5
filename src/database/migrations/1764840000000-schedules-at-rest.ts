import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../build-index.js';

/** Finds the schedules that a former version put to rest because it did not have their platform. It locks nobody out. */
export class SchedulesAtRest1764840000000 implements MigrationInterface {
  readonly name = 'SchedulesAtRest1764840000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildIndex(queryRunner, 'schedules_at_rest', `schedules (platform) WHERE planned_by = ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX schedules_at_rest');
  }
}
