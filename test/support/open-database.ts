import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { parseConfig } from '../../src/config/config.js';
import { openDataSource, type Entities } from '../../src/database/data-source.js';
import { Database } from '../../src/database/database.js';
import { copyEmbeddedDatabase } from './embedded-database.js';

/** The product's own door to a database with its schema. */
export interface OpenDatabase {
  readonly database: Database;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** Opens the database at `url`, or the embedded one in a folder of its own. */
export async function openDatabase({
  url,
  entities = [],
}: { url?: string; entities?: Entities } = {}): Promise<OpenDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'soul-db-'));
  if (url === undefined) await copyEmbeddedDatabase(folder);
  const dataSource = await openDataSource(parseConfig({ DATA_DIR: folder, DATABASE_URL: url }), entities);
  return {
    database: new Database(dataSource),
    dataSource,
    close: async () => {
      await dataSource.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
