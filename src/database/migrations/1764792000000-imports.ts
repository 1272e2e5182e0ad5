import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Archives that people bring, who told an item, and other tellings of the same listening. */
export class Imports1764792000000 implements MigrationInterface {
  readonly name = 'Imports1764792000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE import_pieces, import_entries, imports, witnesses');
    await queryRunner.query('ALTER TABLE items DROP COLUMN sources, DROP COLUMN listening');
  }
}

const STATEMENTS = [
  // Who told it: the connection, and ids of imports.
  `ALTER TABLE items ADD COLUMN sources text[] NOT NULL DEFAULT '{connection}'`,
  // By what other tellings of the same listening are found; see src/platforms/listening.ts.
  'ALTER TABLE items ADD COLUMN listening jsonb',

  // Tellings of listenings that another item shows: neither listed nor counted.
  `CREATE TABLE witnesses (
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    platform text NOT NULL,
    kind text NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    key text,
    occurred_at timestamptz NOT NULL,
    time_meaning text NOT NULL,
    payload jsonb NOT NULL,
    first_seen_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    sources text[] NOT NULL,
    listening jsonb NOT NULL,
    -- The item that shows the listening; its kind is the same.
    shown_platform text NOT NULL,
    shown_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, platform, kind, external_id)
  )`,
  'CREATE INDEX witnesses_of_item ON witnesses (user_id, shown_platform, kind, shown_id)',
  'CREATE INDEX witnesses_by_time ON witnesses (user_id, occurred_at)',

  `CREATE TABLE imports (
    id uuid PRIMARY KEY,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    -- Null while it is being uploaded, and while it is held until the person starts it.
    job_id uuid,
    -- It was uploaded whole; until then nobody sees it.
    uploaded boolean NOT NULL DEFAULT false,
    -- Of the contents of all files: the same ones again are the same import while it runs.
    digest text NOT NULL,
    -- Whose rows are read, where files have those of several people.
    profile text,
    files jsonb NOT NULL,
    receipt jsonb NOT NULL,
    -- How its job ended; the job itself is kept for a while only.
    outcome text,
    error jsonb,
    finished_at timestamptz,
    -- A deletion was asked for: nobody sees it any more.
    deleting_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  'CREATE INDEX imports_of_user ON imports (user_id, id)',
  // Uploads that were broken off, and held ones, by their age.
  'CREATE INDEX imports_unstarted ON imports (created_at) WHERE job_id IS NULL',

  // The files that were sent, and those inside of archives.
  `CREATE TABLE import_entries (
    import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    entry int NOT NULL,
    -- Which of the uploaded files it is, or is in.
    file int NOT NULL,
    name text NOT NULL,
    bytes bigint NOT NULL,
    -- Null where it is not read, with the reason.
    format text,
    reason text,
    counts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (import_id, entry)
  )`,
  'CREATE INDEX import_entries_of_user ON import_entries (user_id, import_id, entry)',

  // What the job reads: the recognised files in compressed pieces. They go when it has ended.
  `CREATE TABLE import_pieces (
    import_id uuid NOT NULL REFERENCES imports ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
    entry int NOT NULL,
    piece int NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (import_id, entry, piece)
  )`,
  'CREATE INDEX import_pieces_of_user ON import_pieces (user_id, import_id, entry, piece)',
];
