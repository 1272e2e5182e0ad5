import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tokens that people make for programs, and what these programs did. */
export class AccessTokens1764799100000 implements MigrationInterface {
  readonly name = 'AccessTokens1764799100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE program_reads, access_tokens');
  }
}

const STATEMENTS = [
  `CREATE TABLE access_tokens (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- As the person calls the program.
    name text NOT NULL,
    scopes text[] NOT NULL,
    -- SHA-256 of the token.
    hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    -- The day in UTC, and whether it came over IPv4 or IPv6.
    last_used_on date,
    last_used_from text,
    -- It is kept for a while, so that every process finds the sockets that must end with it.
    ended_at timestamptz
  )`,
  'CREATE INDEX access_tokens_of_user ON access_tokens (user_id)',
  'CREATE INDEX access_tokens_ended ON access_tokens (ended_at) WHERE ended_at IS NOT NULL',

  `CREATE TABLE program_reads (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Its beginning.
    hour timestamptz NOT NULL,
    -- The access token, which may be gone by now.
    program_id uuid NOT NULL,
    -- What it was called.
    program text NOT NULL,
    -- The route, or the tool for assistants.
    what text NOT NULL,
    scope text NOT NULL,
    count integer NOT NULL,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, hour, program_id, what, scope)
  )`,
  'CREATE INDEX program_reads_by_hour ON program_reads (hour)',
];
