import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first schema: people, connections, the job ledger, events, items and signatures. */
export class Spine1764000000000 implements MigrationInterface {
  readonly name = 'Spine1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'DROP TABLE idempotency_keys, signatures, items, events, batches, workers, limits, queues, jobs, connects, connections, users',
    );
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
    origin text NOT NULL CHECK (origin IN ('real', 'sandbox')),
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

  `CREATE TABLE workers (
    id uuid NOT NULL,
    queue text NOT NULL,
    slots integer NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (id, queue)
  )`,

  `CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    queue text NOT NULL,
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
    claimed_at timestamptz,
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
  `CREATE INDEX jobs_due ON jobs (queue, priority, run_at, id) WHERE status = 'waiting' AND dispatched_at IS NULL`,
  `CREATE INDEX jobs_in_flight ON jobs (queue) WHERE status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL)`,
  `CREATE INDEX jobs_next ON jobs (queue, run_at) WHERE status = 'waiting' AND dispatched_at IS NULL`,
  `CREATE INDEX jobs_leases ON jobs (lease_until) WHERE status = 'active'`,
  `CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE status = 'waiting' AND claim = 0`,
  'CREATE INDEX jobs_of_user ON jobs (user_id, id)',
  'CREATE INDEX jobs_by_state ON jobs (queue, status, id)',
  `CREATE UNIQUE INDEX jobs_one_unfinished_extraction ON jobs (user_id, platform)
    WHERE name = 'extract-platform' AND status IN ('waiting', 'active')`,
  `CREATE UNIQUE INDEX jobs_one_unstarted_build ON jobs (user_id)
    WHERE name = 'build-signature' AND status = 'waiting' AND claim = 0`,

  `CREATE TABLE batches (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Members that have not ended; the one that takes it to 0 queues the signature.
    open integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
  )`,
  'CREATE UNIQUE INDEX batches_one_unfinished ON batches (user_id) WHERE finished_at IS NULL',
  'CREATE INDEX jobs_of_batch ON jobs (batch_id) WHERE batch_id IS NOT NULL',

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

  `CREATE TABLE idempotency_keys (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    -- SHA-256 of method, path and body: what the key stands for.
    request_hash bytea NOT NULL,
    -- Null while the request is being worked on.
    status smallint,
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
  )`,
  'CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)',
  'CREATE INDEX events_age ON events (at)',
  `CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL`,

  `CREATE TABLE signatures (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    version integer NOT NULL,
    built_at timestamptz NOT NULL DEFAULT now(),
    digest text NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (user_id, version)
  )`,
];
