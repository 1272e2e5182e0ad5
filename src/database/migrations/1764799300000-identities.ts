import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who people are at an OpenID provider, the sign-ins there that are under way, and the sessions that came of them. */
export class Identities1764799300000 implements MigrationInterface {
  readonly name = 'Identities1764799300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE sessions DROP COLUMN identity_id, DROP COLUMN provider_session, DROP COLUMN authenticated_at',
    );
    await queryRunner.query('DROP TABLE openid_flows, identities');
  }
}

const STATEMENTS = [
  `CREATE TABLE identities (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- As the provider names itself (iss) and the person (sub); together they are one person for ever.
    issuer text NOT NULL,
    subject text NOT NULL,
    -- An operator by invitation; who is one by what the provider says is asked anew at each sign-in.
    admin boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject)
  )`,
  'CREATE INDEX identities_of_user ON identities (user_id)',

  `CREATE TABLE openid_flows (
    -- SHA-256.
    state_hash bytea PRIMARY KEY,
    -- SHA-256 of what the browser's cookie has.
    browser_hash bytea NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('sign-in', 'again', 'link')),
    -- The one that the browser had at the beginning.
    session_id uuid REFERENCES sessions ON DELETE CASCADE,
    return_to text NOT NULL,
    -- Where it began.
    network text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
  )`,
  'CREATE INDEX openid_flows_of_network ON openid_flows (network, created_at DESC)',
  'CREATE INDEX openid_flows_expired ON openid_flows (expires_at)',
  'CREATE INDEX openid_flows_of_session ON openid_flows (session_id) WHERE session_id IS NOT NULL',

  `ALTER TABLE sessions
    -- With which the person came in.
    ADD COLUMN identity_id uuid REFERENCES identities ON DELETE SET NULL,
    -- The provider's name for the sign-in there (sid).
    ADD COLUMN provider_session text,
    -- When the provider saw the person, where that is not when the session began.
    ADD COLUMN authenticated_at timestamptz`,
  'CREATE INDEX sessions_of_identity ON sessions (identity_id) WHERE identity_id IS NOT NULL',
  'CREATE INDEX sessions_of_provider ON sessions (provider_session) WHERE provider_session IS NOT NULL',
];
