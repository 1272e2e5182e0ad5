import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What later extractions need to read only what is new, and to find what is gone. */
export class Cursors1764350000000 implements MigrationInterface {
  readonly name = 'Cursors1764350000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX items_of_top_lists, items_gone');
    await queryRunner.query(
      'ALTER TABLE items DROP COLUMN gone_at, ALTER COLUMN external_id TYPE text COLLATE "default"',
    );
    await queryRunner.query('DROP TABLE listed_pages, cursors');
  }
}

const STATEMENTS = [
  // Compared by bytes: faster, and what is within a list is one range of the primary key, whatever the database's language.
  'ALTER TABLE items ALTER COLUMN external_id TYPE text COLLATE "C"',
  // When a complete list no longer had it.
  'ALTER TABLE items ADD COLUMN gone_at timestamptz',

  'CREATE INDEX items_gone ON items (gone_at) WHERE gone_at IS NOT NULL',
  // What is not kept for good is looked for by its age.
  `CREATE INDEX items_of_top_lists ON items (kind, first_seen_at) WHERE kind IN ('top-artist', 'top-track')`,

  `CREATE TABLE cursors (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    -- The kind of the list's items, and whose list it is.
    list text NOT NULL,
    cursor jsonb NOT NULL,
    PRIMARY KEY (user_id, platform, list)
  )`,

  `CREATE TABLE listed_pages (
    -- A list that is being read: what was on its pages so far. It is emptied at the list's end.
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    list text NOT NULL,
    page bigint GENERATED ALWAYS AS IDENTITY,
    external_ids text[] NOT NULL,
    PRIMARY KEY (user_id, platform, list, page)
  )`,
];
