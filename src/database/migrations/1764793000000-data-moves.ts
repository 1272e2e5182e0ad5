import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rewriting of stored rows that is too much for a start: it is done while the server runs, piece by piece. */
export class DataMoves1764793000000 implements MigrationInterface {
  readonly name = 'DataMoves1764793000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE data_moves');
  }
}

const STATEMENTS = [
  `CREATE TABLE data_moves (
    name text PRIMARY KEY,
    -- The last row that was looked at; null before the first, and when all is done.
    position jsonb,
    done_at timestamptz
  )`,
  // Where nothing is stored, there is nothing to move.
  `INSERT INTO data_moves (name, done_at) SELECT 'artist-keys', CASE WHEN NOT EXISTS (SELECT FROM items) THEN now() END`,
];
