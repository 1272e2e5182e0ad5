import pg from 'pg';
import type { CompleteConfig } from '../config/development-secrets.js';
import type { Finding } from './doctor-finding.js';

/** A larger difference makes the log lines of several machines hard to compare. The ledger compares no clocks. */
const CLOCK_TOLERANCE_MS = 2_000;

/** Checks that PostgreSQL answers, that its clock agrees with this one, and that every stored token can be opened. */
export async function checkDatabase(config: CompleteConfig): Promise<Finding[]> {
  const { url } = config.database;
  if (url === undefined) return [{ check: 'database', level: 'ok', message: `embedded in ${config.dataDir}` }];
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    return [...(await checkServer(client)), await checkKeys(client, config)];
  } catch (error) {
    return [{ check: 'database', level: 'fail', message: error instanceof Error ? error.message : String(error) }];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkServer(client: pg.Client): Promise<Finding[]> {
  const before = Date.now();
  const { rows } = await client.query<{ now: Date; version: string }>(
    `SELECT clock_timestamp() AS now, current_setting('server_version') AS version`,
  );
  const [row] = rows;
  const roundTrip = Date.now() - before;
  const apart = Math.abs((row?.now.getTime() ?? 0) - (before + roundTrip / 2));
  return [
    { check: 'database', level: 'ok', message: `PostgreSQL ${row?.version ?? '?'} answers in ${roundTrip} ms` },
    {
      check: 'clock of the database',
      level: apart > CLOCK_TOLERANCE_MS ? 'warn' : 'ok',
      message: `${Math.round(apart)} ms from this machine's`,
    },
  ];
}

/** A sealed token begins with the id of its key and a dot. */
async function checkKeys(client: pg.Client, config: CompleteConfig): Promise<Finding> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('connections') IS NOT NULL AS there`,
  );
  if (!tables[0]?.there) return { check: 'encryption keys', level: 'ok', message: 'nothing is stored yet' };
  const { rows } = await client.query<{ id: string; count: string }>(
    `SELECT split_part(token, '.', 1) AS id, count(*) AS count
     FROM connections, LATERAL (VALUES (access_token), (refresh_token)) AS tokens (token) WHERE token IS NOT NULL GROUP BY 1`,
  );
  const known = new Set(config.encryptionKeys.map((key) => key.id));
  const missing = rows.filter((row) => !known.has(row.id));
  return missing.length === 0
    ? {
        check: 'encryption keys',
        level: 'ok',
        message: `every stored token can be opened (${rows.map((row) => row.id).join(', ') || 'none stored'})`,
      }
    : {
        check: 'encryption keys',
        level: 'fail',
        message: missing
          .map((row) => `${row.count} tokens need key "${row.id}", which is not in TOKEN_ENCRYPTION_KEYS`)
          .join('; '),
      };
}
