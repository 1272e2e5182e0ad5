import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What trust needs: accounts that stay deleted, grants whose end is known, and what operators have done. */
export class Trust1764500000000 implements MigrationInterface {
  readonly name = 'Trust1764500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE admin_actions, deleted_accounts');
    await queryRunner.query('ALTER TABLE connections DROP token_number, DROP grant_ends_at, DROP end_told_at');
  }
}

const STATEMENTS = [
  `CREATE TABLE deleted_accounts (
    -- SHA-256 of the user id: enough to refuse older tokens, and nothing about whom they were for.
    user_hash bytea PRIMARY KEY,
    deleted_at timestamptz NOT NULL
  )`,
  `ALTER TABLE connections
    -- Raised by every refresh; the sealed text itself also changes when keys are rotated.
    ADD token_number integer NOT NULL DEFAULT 1,
    -- When the provider ends the grant whatever we do; null where it does not.
    ADD grant_ends_at timestamptz,
    -- When the person was warned that it is about to end.
    ADD end_told_at timestamptz`,
  `CREATE INDEX connections_ending ON connections (grant_ends_at) WHERE grant_ends_at IS NOT NULL AND end_told_at IS NULL`,
  `CREATE TABLE admin_actions (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    -- The user id of the operator; null once their account is deleted.
    actor text,
    action text NOT NULL,
    status smallint NOT NULL,
    address text,
    request_id text
  )`,
  'CREATE INDEX admin_actions_age ON admin_actions (at)',
];
