import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../build-index.js';

/**
 * Finds closed accounts, and a person's rows in tables that were ordered for other questions. It locks nobody out.
 */
export class RowsOfAPerson1764820000000 implements MigrationInterface {
  readonly name = 'RowsOfAPerson1764820000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) await buildIndex(queryRunner, name, definition);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ${Object.keys(INDEXES).join(', ')}`);
  }
}

const INDEXES = {
  users_erasing: 'users (erasing_at) WHERE erasing_at IS NOT NULL',
  batches_of_user: 'batches (user_id)',
  population_entries_of_user: 'population_entries (user_id)',
};
