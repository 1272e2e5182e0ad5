import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who agreed to be counted among the people of this deployment, and how their facets are spread. */
export class SignaturePopulation1764400000001 implements MigrationInterface {
  readonly name = 'SignaturePopulation1764400000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE population_entries, population_tables, population_members');
  }
}

const STATEMENTS = [
  `CREATE TABLE population_members (
    user_id text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    since timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE population_tables (
    facet text PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    members integer NOT NULL,
    -- 21 quantiles of three digits.
    quantiles float8[] NOT NULL
  )`,
  // Who stands in a table: it is made anew only when ten or more have changed, so that no one shows as a difference.
  `CREATE TABLE population_entries (
    facet text NOT NULL REFERENCES population_tables ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES population_members ON DELETE CASCADE,
    PRIMARY KEY (facet, user_id)
  )`,
];
