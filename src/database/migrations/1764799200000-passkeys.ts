import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Passkeys, and the challenges that they answer. */
export class Passkeys1764799200000 implements MigrationInterface {
  readonly name = 'Passkeys1764799200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE passkey_challenges, passkeys');
  }
}

const STATEMENTS = [
  `CREATE TABLE passkeys (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- What its authenticator calls it, in base64url.
    credential_id text NOT NULL UNIQUE,
    -- In COSE (RFC 9052).
    public_key bytea NOT NULL,
    -- What its authenticator knows the person by, in base64url: random, and the same for all of a person's.
    user_handle text NOT NULL,
    -- How often its authenticator has signed; 0 for those that do not count.
    counter bigint NOT NULL,
    -- How browsers reach it: usb, internal, …
    transports text[] NOT NULL,
    -- Whether it may be, and whether it is on more than one device.
    backup_eligible boolean NOT NULL,
    backed_up boolean NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
  )`,
  'CREATE INDEX passkeys_of_user ON passkeys (user_id)',

  `CREATE TABLE passkey_challenges (
    -- SHA-256.
    hash bytea PRIMARY KEY,
    -- What it was made for: add, or sign-in.
    purpose text NOT NULL,
    -- Who alone may answer it; anybody where that is not known.
    user_id text REFERENCES users ON DELETE CASCADE,
    -- Where it was asked for.
    network text NOT NULL,
    -- Of the passkey that is to be added.
    user_handle text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
  )`,
  'CREATE INDEX passkey_challenges_of_network ON passkey_challenges (network, created_at DESC)',
  'CREATE INDEX passkey_challenges_of_user ON passkey_challenges (user_id) WHERE user_id IS NOT NULL',
  'CREATE INDEX passkey_challenges_expired ON passkey_challenges (expires_at)',
];
