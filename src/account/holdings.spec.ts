import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { HOLDINGS } from './holdings.js';

/** Columns that are not exported, because they are no personal data: keys, hashes, internal numbers. */
const WITHHELD: Readonly<Record<string, readonly string[]>> = {
  access_tokens: ['hash'],
  accounts: ['password_hash', 'username_key'],
  connections: [
    'access_expires_at',
    'access_token',
    'end_told_at',
    'grant_number',
    'refresh_token',
    'refreshing_until',
    'token_number',
  ],
  connects: ['browser_hash', 'state_hash', 'verifier'],
  idempotency_keys: ['request_hash'],
  jobs: [
    'claim',
    'claimed_at',
    'crashes',
    'dispatch',
    'dispatched_at',
    'error_stack',
    'expires_at',
    'first_due_at',
    'lease_until',
    'run_at',
    'snoozed_until',
    'snoozes',
    'unique_key',
  ],
  passkey_challenges: ['hash', 'user_handle'],
  passkeys: ['backup_eligible', 'counter', 'credential_id', 'public_key', 'transports', 'user_handle'],
  recovery_codes: ['hash'],
  schedules: ['planned_by', 'poll_job'],
  sessions: ['hash', 'provider_session'],
  signatures: ['digest'],
};

describe('What is held of a person', () => {
  let opened: OpenDatabase;
  let columns: { table: string; column: string }[];

  beforeAll(async () => {
    opened = await openDatabase();
    columns = await opened.database.query(
      `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1, 2`,
    );
  });
  afterAll(() => opened.close());

  it('is every table with a user id, so that none is forgotten by export and deletion', () => {
    const owned = columns.filter(({ column }) => column === 'user_id').map(({ table }) => table);
    expect(HOLDINGS.flatMap(({ table, kept }) => (kept ? [] : [table])).sort()).toEqual(owned);
  });

  it('is every table that refers to users, so that the rows of a person cannot outlive them', async () => {
    const rows = await opened.database.query<{ table: string; rule: string }>(
      `SELECT conrelid::regclass::text AS "table", confdeltype AS rule FROM pg_constraint
       WHERE contype = 'f' AND confrelid = 'users'::regclass ORDER BY 1`,
    );
    const listed = new Set(HOLDINGS.map(({ table }) => table));
    expect(rows.filter(({ table, rule }) => !listed.has(table) || rule !== 'c')).toEqual([]);
  });

  it.each(HOLDINGS.map((holding) => [holding.table, holding] as const))(
    'exports every column of %s, or withholds it on purpose',
    (table, { columns: exported, owned }) => {
      const mentioned = new Set(exported.match(/\w+/g));
      const left = columns.filter((each) => each.table === table && !mentioned.has(each.column));
      const withheld = [...(WITHHELD[table] ?? []), ...(owned === undefined ? ['user_id'] : [])];
      expect(left.map(({ column }) => column)).toEqual(withheld.sort());
    },
  );
});
