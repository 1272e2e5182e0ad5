import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first schema: people, connections, the job ledger, events, items and signatures. */
export class Spine1764000000000 implements MigrationInterface {
  readonly name = 'Spine1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE signatures, items, events, limits, queues, jobs, connects, connections, users');
  }
}

const STATEMENTS = [
  `CREATE TABLE users (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    display_name text,
    time_zone text,
    premium boolean NOT NULL DEFAULT false,
    -- The number of the user's newest event.
    seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  `CREATE TABLE connections (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    status text NOT NULL CHECK (status IN ('connected', 'needs_reconnect', 'disconnected')),
    -- Raised by every connect and disconnect, so that a late token refresh cannot touch a newer grant.
    grant_number integer NOT NULL DEFAULT 1,
    scopes text[] NOT NULL DEFAULT '{}',
    access_token text,
    refresh_token text,
    access_expires_at timestamptz,
    refreshing_until timestamptz,
    connected_at timestamptz NOT NULL,
    last_sync_at timestamptz,
    last_sync_status text,
    PRIMARY KEY (user_id, platform)
  )`,

  `CREATE TABLE connects (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    -- SHA-256; the state itself is known to the browser and the provider only.
    state_hash bytea NOT NULL UNIQUE,
    browser_hash bytea,
    verifier text,
    redirect_uri text NOT NULL,
    return_to text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'exchanging', 'connected', 'denied', 'failed')),
    error_code text,
    error_message text,
    job_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
  )`,
  'CREATE INDEX connects_user ON connects (user_id)',
  'CREATE INDEX connects_expiry ON connects (expires_at)',

  `CREATE TABLE queues (
    name text PRIMARY KEY,
    paused_at timestamptz
  )`,
  `CREATE TABLE limits (
    queue text PRIMARY KEY,
    -- Theoretical arrival time of the next start (GCRA, ITU-T I.371).
    tat timestamptz NOT NULL
  )`,

  `CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text,
    batch_id uuid,
    priority smallint NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('connect', 'schedule', 'manual', 'batch', 'retry')),
    status text NOT NULL DEFAULT 'waiting'
      CHECK (status IN ('waiting', 'active', 'completed', 'failed', 'cancelled', 'expired')),
    attempts_made integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    crashes integer NOT NULL DEFAULT 0,
    -- The fence: every claim and every cancellation raises it, and every write of a run names it.
    claim integer NOT NULL DEFAULT 0,
    dispatch integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    lease_until timestamptz,
    run_at timestamptz NOT NULL,
    -- A provider asked for silence until then; nothing makes the job run earlier.
    snoozed_until timestamptz,
    expires_at timestamptz,
    progress smallint NOT NULL DEFAULT 0,
    items integer NOT NULL DEFAULT 0,
    checkpoint jsonb,
    warnings jsonb NOT NULL DEFAULT '[]',
    result jsonb,
    error_code text,
    error_message text,
    error_stack text,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
  )`,
  `CREATE INDEX jobs_due ON jobs (name, priority, run_at, id) WHERE status = 'waiting'`,
  `CREATE INDEX jobs_in_flight ON jobs (name) WHERE status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL)`,
  `CREATE INDEX jobs_next ON jobs (run_at) WHERE status = 'waiting'`,
  `CREATE INDEX jobs_leases ON jobs (lease_until) WHERE status = 'active'`,
  `CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE status = 'waiting' AND claim = 0`,
  'CREATE INDEX jobs_of_user ON jobs (user_id, id)',
  'CREATE INDEX jobs_by_state ON jobs (name, status, id)',
  `CREATE UNIQUE INDEX jobs_one_unfinished_extraction ON jobs (user_id, platform)
    WHERE name = 'extract-platform' AND status IN ('waiting', 'active')`,
  `CREATE UNIQUE INDEX jobs_one_unstarted_build ON jobs (user_id)
    WHERE name = 'build-signature' AND status = 'waiting' AND claim = 0`,

  `CREATE TABLE events (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    seq bigint NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, seq)
  )`,

  `CREATE TABLE items (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    kind text NOT NULL,
    external_id text NOT NULL,
    key text,
    occurred_at timestamptz,
    time_meaning text NOT NULL CHECK (time_meaning IN ('user_act', 'content', 'snapshot')),
    payload jsonb NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, platform, kind, external_id)
  )`,

  `CREATE TABLE signatures (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    version integer NOT NULL,
    built_at timestamptz NOT NULL DEFAULT now(),
    digest text NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (user_id, version)
  )`,
];
