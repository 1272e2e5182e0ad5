import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many of the people who agreed to be counted show a theme. */
export class ThemeRarity1764570000001 implements MigrationInterface {
  readonly name = 'ThemeRarity1764570000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    // By theme; only those that ten people or more show. The table of themes has no quantiles, the others no holders.
    await queryRunner.query(`ALTER TABLE population_tables ADD COLUMN holders jsonb NOT NULL DEFAULT '{}'`);
    // What was counted of this person, so that they are not counted among the others.
    await queryRunner.query(`ALTER TABLE population_entries ADD COLUMN themes text[] NOT NULL DEFAULT '{}'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE population_entries DROP COLUMN themes');
    await queryRunner.query('ALTER TABLE population_tables DROP COLUMN holders');
  }
}
