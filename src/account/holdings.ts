/** How one table's rows of a person are exported and deleted. */
export interface Holding {
  readonly table: string;
  /** The field of the export. */
  readonly title: string;
  /** The exported columns, in SQL. Tokens and hashes of secrets are left out. */
  readonly columns: string;
  /** A unique order of one person's rows, with SQL types, for reading them page by page. */
  readonly key: readonly (readonly [expression: string, type: string])[];
  /** Rows read at once. */
  readonly pageSize: number;
  /** Triggers on another table keep it, so its rows go with those. */
  readonly derived?: true;
  /** Which rows are the person's ($1), in SQL, where the table has no column `user_id`. */
  readonly owned?: string;
  /** They stay when the account is deleted, and name nobody then. */
  readonly kept?: true;
}

const PAGE = 200;

/** What stands for the person in the log of what administrators did, until the account is deleted. */
const MARK = '(SELECT mark FROM users WHERE users.id = $1)';

/** What an administrator's row says of the administrator, who is somebody else where it is about the person. */
const OF_ADMINISTRATOR = ['credential', 'target', 'address', 'request_id'].map(
  (column) => `CASE WHEN actor = ${MARK} THEN ${column} END AS "${column}"`,
);

/**
 * Every table with a column `user_id`, and others with rows of a person, in the order in which rows are deleted: first what lets a person in and what
 * counts them among others, then jobs before connections, as everything that locks both does. A test compares the list with the schema, so that a new table cannot be forgotten.
 */
export const HOLDINGS: readonly Holding[] = [
  {
    table: 'accounts',
    title: 'account',
    columns: 'username, admin, failed_tries AS "failedTries", created_at AS "createdAt"',
    key: [['user_id', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'recovery_codes',
    title: 'recoveryCodes',
    columns: 'created_at AS "createdAt"',
    key: [[`encode(hash, 'hex')`, 'text']],
    pageSize: PAGE,
  },
  {
    table: 'identities',
    title: 'identities',
    columns: 'id, issuer, subject, admin, created_at AS "createdAt", last_used_at AS "lastUsedAt"',
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'passkeys',
    title: 'passkeys',
    columns: `id, name, backed_up AS "backedUp", created_at AS "createdAt", last_used_at AS "lastUsedAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'passkey_challenges',
    title: 'passkeyChallenges',
    columns: `purpose, network, created_at AS "createdAt", expires_at AS "expiresAt"`,
    key: [[`encode(hash, 'hex')`, 'text']],
    pageSize: PAGE,
  },
  {
    table: 'sessions',
    title: 'sessions',
    columns: `id, admin, identity_id AS "identityId", authenticated_at AS "authenticatedAt", created_at AS "createdAt",
      last_seen_at AS "lastSeenAt", ended_at AS "endedAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'access_tokens',
    title: 'programTokens',
    columns: `id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_on::text AS "lastUsedOn",
      last_used_from AS "lastUsedFrom", ended_at AS "endedAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'program_reads',
    title: 'programReads',
    columns: `hour, program_id AS "programId", program, what, scope, count, first_at AS "firstAt", last_at AS "lastAt"`,
    key: [
      ['hour', 'timestamptz'],
      ['program_id', 'uuid'],
      ['what', 'text'],
      ['scope', 'text'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'population_entries',
    title: 'comparedIn',
    columns: 'facet, themes',
    key: [['facet', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'population_members',
    title: 'comparedSince',
    columns: 'since',
    key: [['user_id', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'jobs',
    title: 'jobs',
    columns: `id, name, queue, data, platform, batch_id AS "batchId", priority, trigger, status, attempts_made AS "attemptsMade",
      max_attempts AS "maxAttempts", progress, items, checkpoint, warnings, result, error_code AS "errorCode",
      error_message AS "errorMessage", problem, created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'batches',
    title: 'batches',
    columns: `id, open, created_at AS "createdAt", finished_at AS "finishedAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'schedules',
    title: 'schedules',
    columns: `platform, enabled, next_at AS "nextAt", poll_at AS "pollAt"`,
    key: [['platform', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'connections',
    title: 'connections',
    columns: `platform, origin, status, scopes, connected_at AS "connectedAt", grant_ends_at AS "grantEndsAt",
      last_sync_at AS "lastSyncAt", last_sync_status AS "lastSyncStatus", problem`,
    key: [['platform', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'connects',
    title: 'connects',
    columns: `id, platform, redirect_uri AS "redirectUri", return_to AS "returnTo", status, error_code AS "errorCode",
      error_message AS "errorMessage", job_id AS "jobId", created_at AS "createdAt", expires_at AS "expiresAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'items',
    title: 'items',
    columns: `platform, kind, external_id AS "externalId", key, occurred_at AS "occurredAt", time_meaning AS "timeMeaning",
      payload, sources, versions, listening, first_seen_at AS "firstSeenAt", updated_at AS "updatedAt", gone_at AS "goneAt"`,
    key: [
      ['platform', 'text'],
      ['kind', 'text'],
      ['external_id', 'text'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'witnesses',
    title: 'otherTellings',
    columns: `platform, kind, external_id AS "externalId", key, occurred_at AS "occurredAt", time_meaning AS "timeMeaning",
      payload, sources, versions, listening, shown_platform AS "shownPlatform", shown_kind AS "shownKind", shown_id AS "shownId",
      first_seen_at AS "firstSeenAt", updated_at AS "updatedAt"`,
    key: [
      ['platform', 'text'],
      ['kind', 'text'],
      ['external_id', 'text'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'import_pieces',
    title: 'importPieces',
    columns: `import_id AS "importId", entry, piece, encode(data, 'base64') AS data`,
    key: [
      ['import_id', 'uuid'],
      ['entry', 'int'],
      ['piece', 'int'],
    ],
    pageSize: 1,
  },
  {
    table: 'import_entries',
    title: 'importEntries',
    columns: 'import_id AS "importId", entry, file, name, bytes, format, reason, counts',
    key: [
      ['import_id', 'uuid'],
      ['entry', 'int'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'imports',
    title: 'imports',
    columns: `id, job_id AS "jobId", uploaded, digest, profile, files, receipt, outcome, error, deleting_at AS "deletingAt",
      created_at AS "createdAt", finished_at AS "finishedAt"`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
  },
  {
    table: 'listed_pages',
    title: 'listedPages',
    columns: `platform, list, page, external_ids AS "externalIds"`,
    key: [
      ['platform', 'text'],
      ['list', 'text'],
      ['page', 'bigint'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'cursors',
    title: 'cursors',
    columns: 'platform, list, cursor',
    key: [
      ['platform', 'text'],
      ['list', 'text'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'stat_kind',
    title: 'itemCounts',
    columns: 'platform, kind, items',
    key: [
      ['platform', 'text'],
      ['kind', 'text'],
    ],
    pageSize: PAGE,
    derived: true,
  },
  {
    table: 'stat_quarter',
    title: 'itemsByQuarterHour',
    columns: 'platform, kind, quarter, items',
    key: [
      ['platform', 'text'],
      ['kind', 'text'],
      ['quarter', 'int'],
    ],
    pageSize: PAGE,
    derived: true,
  },
  {
    table: 'stat_key_day',
    title: 'itemsByKeyAndDay',
    columns: 'platform, kind, key, day, items',
    key: [
      ['platform', 'text'],
      ['kind', 'text'],
      ['key', 'text'],
      ['day', 'int'],
    ],
    pageSize: PAGE,
    derived: true,
  },
  {
    table: 'coverage_gaps',
    title: 'coverageGaps',
    columns: `platform, kind, from_at AS "fromAt", to_at AS "toAt"`,
    key: [
      ['platform', 'text'],
      ['kind', 'text'],
      ['from_at::text', 'text'],
    ],
    pageSize: PAGE,
  },
  {
    table: 'signatures',
    title: 'signatures',
    columns: `version, built_at AS "builtAt", document`,
    key: [['version', 'int']],
    pageSize: 10,
  },
  {
    table: 'events',
    title: 'events',
    columns: 'seq, at, type, payload',
    key: [['seq', 'bigint']],
    pageSize: PAGE,
  },
  {
    table: 'request_budgets',
    title: 'requestBudgets',
    columns: `key, tat AS "spentUntil", blocked_until AS "blockedUntil", blocked_at AS "blockedAt", blocked_for AS "blockedFor", line_end AS "lineEnd"`,
    key: [['key', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'idempotency_keys',
    title: 'idempotencyKeys',
    columns: `key, status, answer, created_at AS "createdAt"`,
    key: [['key', 'text']],
    pageSize: PAGE,
  },
  {
    table: 'admin_actions',
    title: 'administration',
    columns: `id, at, action, status, actor = ${MARK} AS "byYou", person = ${MARK} AS "aboutYou", ${OF_ADMINISTRATOR.join(', ')}`,
    key: [['id', 'uuid']],
    pageSize: PAGE,
    owned: `${MARK} IN (actor, person)`,
    kept: true,
  },
];
