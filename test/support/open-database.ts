import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { parseConfig } from '../../src/config/config.js';
import { openDataSource, type Entities } from '../../src/database/data-source.js';
import { BulkDatabase, Database, MachineryDatabase } from '../../src/database/database.js';
import { inFull } from './length.js';
import { copyEmbeddedDatabase } from './embedded-database.js';
import { PostgresServer, type TestDatabase } from './postgres-server.js';

/** The product's own door to a database with its schema. */
export interface OpenDatabase {
  readonly database: Database;
  /** The same database, on the connections of what reads much. */
  readonly bulk: BulkDatabase;
  /** The same database, on the connections of leases and dispatcher. */
  readonly machinery: MachineryDatabase;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** Opens the database at `url`, one in the PostgreSQL of all suites, or an embedded one, as suites in full do. */
export async function openDatabase({
  url,
  embedded = inFull(true, false),
  entities = [],
}: { url?: string; embedded?: boolean; entities?: Entities } = {}): Promise<OpenDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'soul-db-'));
  const own = url === undefined ? await databaseIn(folder, embedded) : undefined;
  const dataSource = await openDataSource(parseConfig({ DATA_DIR: folder, DATABASE_URL: url ?? own?.url }), entities);
  return {
    database: new Database(dataSource),
    bulk: new BulkDatabase(dataSource),
    machinery: new MachineryDatabase(dataSource),
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await own?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A database of its own: on a server, or embedded in this folder. */
async function databaseIn(folder: string, embedded: boolean): Promise<Pick<TestDatabase, 'url' | 'drop'> | undefined> {
  if (embedded) {
    await copyEmbeddedDatabase(folder);
    return undefined;
  }
  const server = await PostgresServer.start();
  const { url, drop } = await server.createDatabase();
  return { url, drop: () => drop().then(() => server.stop()) };
}
