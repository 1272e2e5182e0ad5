import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each source has told of an item, where that is not what the item shows; see src/extraction/item-versions.ts. */
export class ItemVersions1764795000000 implements MigrationInterface {
  readonly name = 'ItemVersions1764795000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN versions jsonb`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN versions`);
  }
}

const TABLES = ['items', 'witnesses'];
