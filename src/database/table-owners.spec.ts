import '../../test/support/own-data-folder.js';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openDatabase } from '../../test/support/open-database.js';

/** The folder of `src` that owns each table or view: it alone writes it, and only folders that may import it read it. */
const OWNERS: Readonly<Record<string, string>> = {
  access_tokens: 'auth',
  accounts: 'auth',
  admin_actions: 'auth',
  deleted_accounts: 'auth',
  failed_sign_ins: 'auth',
  idempotency_keys: 'auth',
  identities: 'auth',
  invitations: 'auth',
  openid_flows: 'auth',
  passkey_challenges: 'auth',
  passkeys: 'auth',
  program_reads: 'auth',
  recovery_codes: 'auth',
  sessions: 'auth',
  users: 'auth',

  current_event_epoch: 'realtime',
  event_epoch: 'realtime',
  events: 'realtime',

  job_counts: 'queues',
  jobs: 'queues',
  limits: 'queues',
  queue_lines: 'queues',
  queues: 'queues',
  workers: 'queues',

  connections: 'connectors',
  connects: 'connectors',
  request_budgets: 'connectors',

  batches: 'extraction',
  coverage_gaps: 'extraction',
  cursors: 'extraction',
  data_moves: 'extraction',
  items: 'extraction',
  listed_pages: 'extraction',
  schedules: 'extraction',
  // Triggers keep the statistics in step with `items`.
  stat_day: 'extraction',
  stat_key_day: 'extraction',
  stat_kind: 'extraction',
  stat_quarter: 'extraction',
  witnesses: 'extraction',

  import_entries: 'imports',
  import_pieces: 'imports',
  imports: 'imports',

  population_entries: 'soul-signature',
  population_members: 'soul-signature',
  population_tables: 'soul-signature',
  signatures: 'soul-signature',
};

/** Writes by another folder than the owner, as `file table`, with the reason. */
const FOREIGN_WRITES: Readonly<Record<string, string>> = {
  'src/realtime/event-log.ts users':
    'the number of the newest event is a column of the user, whose row orders the appends',
};

/** Files whose SQL gets the name of a table at run time, with the reason. */
const NAMED_AT_RUN_TIME: Readonly<Record<string, string>> = {
  'src/account/account-rows.ts': 'deletes what HOLDINGS lists',
  'src/account/account-export.ts': 'reads what HOLDINGS lists',
  'src/database/housekeeping.ts': 'deletes old rows of tables that their owners register',
  'src/extraction/item-sources.ts': 'takes a source out of items and witnesses alike; both are its own',
  'src/extraction/item-store.ts': 'adds what a source tells to items and witnesses alike; both are its own',
  'src/extraction/item-versions.ts':
    'writes back what a source has told of items and witnesses alike; both are its own',
};

interface Access {
  readonly file: string;
  readonly folder: string;
  readonly table: string;
  readonly writes: boolean;
}

/** Keywords are matched in capitals and names in small letters, as all our SQL is written. */
const READ = /\b(?:FROM|JOIN|USING)\s+((?:[a-z]\w*(?:\s+(?:AS\s+)?[a-z]\w*)?(?:\s*,\s*)?)+)/g;
const WRITE = /\b(?:INSERT INTO|MERGE INTO|UPDATE|DELETE FROM|TRUNCATE)\s+([a-z]\w*)/g;
/** What a module registers with `Housekeeping` for deletion. */
const EXPIRY = /\btable: '(\w+)', old\b/g;

/** The tables that a file reads and writes. */
function accessesIn(file: string, source: string): Access[] {
  const folder = file.split('/')[1] ?? '';
  const found: Access[] = [];
  const add = (names: string | undefined, writes: boolean) => {
    for (const name of (names ?? '').split(',')) {
      const table = name.trim().split(/\s/)[0] ?? '';
      if (table in OWNERS) found.push({ file, folder, table, writes });
    }
  };
  for (const [, names] of source.matchAll(READ)) add(names, false);
  for (const [, name] of source.matchAll(WRITE)) add(name, true);
  for (const [, name] of source.matchAll(EXPIRY)) add(name, true);
  return found;
}

/** Whether the rules for imports let a folder import another one; `.dependency-cruiser.cjs` is their only place. */
function mayImport(from: string, to: string): boolean {
  const { forbidden } = createRequire(__filename)('../../.dependency-cruiser.cjs') as {
    forbidden: { from: { path?: string }; to: { path?: string } }[];
  };
  return !forbidden.some(
    (rule) =>
      rule.from.path !== undefined &&
      rule.to.path !== undefined &&
      new RegExp(rule.from.path).test(`src/${from}/`) &&
      new RegExp(rule.to.path).test(`src/${to}/`),
  );
}

function crosses({ folder, table }: Access): boolean {
  const owner = OWNERS[table];
  return owner !== undefined && folder !== owner && !mayImport(folder, owner);
}

// Migrations create and change the tables of all owners; the sandbox has no database.
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !/^(sandbox|database\/migrations)\//.test(file),
  )
  .map((file) => join('src', file));
const sources = files.map((file) => ({ file, source: readFileSync(file, 'utf8') }));
const accesses = sources.flatMap(({ file, source }) => accessesIn(file, source));

describe('The SQL in src', () => {
  it('names tables that all have an owner, and every table of the schema has one', async () => {
    const opened = await openDatabase();
    const tables = await opened.database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_name NOT LIKE 'migrations%' ORDER BY 1`,
    );
    await opened.close();
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(OWNERS).sort());
  });

  it('reads only tables of folders that its own folder may import', () => {
    const crossings = accesses.filter(crosses);
    expect(crossings.map(({ file, table }) => `${file} ${table}`)).toEqual([]);
  });

  it('writes only tables of its own folder, but for the exceptions that are named with a reason', () => {
    const foreign = accesses.filter(({ folder, table, writes }) => writes && folder !== OWNERS[table]);
    expect([...new Set(foreign.map(({ file, table }) => `${file} ${table}`))]).toEqual(Object.keys(FOREIGN_WRITES));
  });

  it('writes connections in one file', () => {
    const writers = accesses.filter(({ table, writes }) => writes && table === 'connections');
    expect(new Set(writers.map(({ file }) => file))).toEqual(new Set(['src/connectors/connection-rows.ts']));
  });

  it('gets the name of a table at run time only where that is named with a reason', () => {
    // Constants in capitals are SQL of src themselves.
    const named = sources.filter(({ source }) => /\b(FROM|JOIN|INTO|UPDATE|USING)\s+\$\{(?![A-Z])\w+\}/.test(source));
    expect(named.map(({ file }) => file).sort()).toEqual(Object.keys(NAMED_AT_RUN_TIME).sort());
  });

  it.each([
    ['src/queues/overview.ts', 'SELECT key FROM request_budgets', ['src/queues/overview.ts request_budgets']],
    ['src/connectors/status.ts', 'SELECT FROM jobs, schedules', ['src/connectors/status.ts schedules']],
    ['src/http/actions.ts', 'SELECT FROM given LEFT JOIN users USING (id)', ['src/http/actions.ts users']],
    ['src/queues/members.ts', 'SELECT FROM jobs JOIN batches ON true', ['src/queues/members.ts batches']],
    ['src/queues/old.ts', "register({ table: 'items', old: 'true' })", ['src/queues/old.ts items']],
    ['src/account/all.ts', 'SELECT FROM items JOIN jobs ON true', []],
  ])('would be refused in %s as: %s', (file, sql, refused) => {
    const crossings = accessesIn(file, sql).filter(crosses);
    expect(crossings.map((access) => `${access.file} ${access.table}`)).toEqual(refused);
  });
});
