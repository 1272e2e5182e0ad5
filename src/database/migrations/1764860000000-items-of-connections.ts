import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../build-index.js';

/** Finds what a connection has told beside an archive that has told very much more. It locks nobody out. */
export class ItemsOfConnections1764860000000 implements MigrationInterface {
  readonly name = 'ItemsOfConnections1764860000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildIndex(
      queryRunner,
      'items_of_connections',
      `items (user_id, platform, kind, external_id) WHERE 'connection' = ANY (sources)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX items_of_connections');
  }
}
