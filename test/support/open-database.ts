import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { parseConfig } from '../../src/config/config.js';
import { openDataSource, type Entities } from '../../src/database/data-source.js';
import { Database } from '../../src/database/database.js';
import { copyEmbeddedDatabase } from './embedded-database.js';
import { PostgresServer } from './postgres-server.js';

/** The product's own door to a database with its schema. */
export interface OpenDatabase {
  readonly database: Database;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** Opens the database at `url`, one in the PostgreSQL of all suites, or an embedded one. */
export async function openDatabase({
  url,
  embedded = false,
  entities = [],
}: { url?: string; embedded?: boolean; entities?: Entities } = {}): Promise<OpenDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'soul-db-'));
  if (embedded) await copyEmbeddedDatabase(folder);
  const server = url === undefined && !embedded ? await PostgresServer.start() : undefined;
  const own = await server?.createDatabase();
  const dataSource = await openDataSource(parseConfig({ DATA_DIR: folder, DATABASE_URL: url ?? own?.url }), entities);
  return {
    database: new Database(dataSource),
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await own?.drop();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
