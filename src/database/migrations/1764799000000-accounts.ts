import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts of this server with password and recovery codes, sessions, invitations, and how often a guess was wrong. */
export class Accounts1764799000000 implements MigrationInterface {
  readonly name = 'Accounts1764799000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE failed_sign_ins DROP COLUMN tries');
    await queryRunner.query('DROP TABLE invitations, sessions, recovery_codes, accounts');
  }
}

const STATEMENTS = [
  `CREATE TABLE accounts (
    user_id text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    -- As the person writes it.
    username text NOT NULL,
    -- Two names with the same key are the same name.
    username_key text NOT NULL UNIQUE,
    -- In PHC's string format, which names the algorithm and its parameters.
    password_hash text NOT NULL,
    -- An operator.
    admin boolean NOT NULL DEFAULT false,
    -- Since the last sign-in.
    failed_tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  `CREATE TABLE recovery_codes (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256.
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, hash)
  )`,

  `CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of what the cookie has.
    hash bytea NOT NULL UNIQUE,
    -- What the person was at the sign-in: an operator.
    admin boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    -- It is kept for a while, so that every process finds the sockets that must end with it.
    ended_at timestamptz
  )`,
  'CREATE INDEX sessions_of_user ON sessions (user_id)',
  'CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL',

  `CREATE TABLE invitations (
    -- SHA-256 of what the link has.
    hash bytea PRIMARY KEY,
    -- Whether it makes an operator.
    admin boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
  )`,

  // How many were wrong one after the other, where the waits between them grow.
  'ALTER TABLE failed_sign_ins ADD COLUMN tries integer NOT NULL DEFAULT 0',
];
