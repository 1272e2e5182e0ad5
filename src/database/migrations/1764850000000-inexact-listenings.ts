import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../build-index.js';

/**
 * Finds listenings that are told less exactly than by both ends. Archives with both ends have very many rows; beside one,
 * these are looked for. It locks nobody out.
 */
export class InexactListenings1764850000000 implements MigrationInterface {
  readonly name = 'InexactListenings1764850000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildIndex(
      queryRunner,
      'items_of_inexact_listenings',
      `items (user_id, occurred_at) WHERE listening ->> 'told' <> 'span'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX items_of_inexact_listenings');
  }
}
