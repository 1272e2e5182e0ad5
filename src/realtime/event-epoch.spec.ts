import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../test/support/child.js';
import { copyEmbeddedDatabase } from '../../test/support/embedded-database.js';
import { copyFolder } from '../../test/support/prepared-folder.js';
import { postgresProgram, PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { parseConfig } from '../config/config.js';
import { connectDataSource, openDataSource } from '../database/data-source.js';
import { Database } from '../database/database.js';
import { EventEpoch } from './event-epoch.js';

const epochIn = async ({ query }: Pick<TestDatabase, 'query'>) => {
  const [{ epoch }] = await query('SELECT current_event_epoch() AS epoch');
  expect(epoch).toMatch(/^[0-9a-f]{32}$/);
  return epoch as string;
};

describe('The epoch of the events on a server', () => {
  let server: PostgresServer;
  let database: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    server = await PostgresServer.start({ own: true });
    folder = mkdtempSync(join(tmpdir(), 'soul-dump-'));
  });
  beforeEach(async () => {
    database = await server.createDatabase();
  });
  afterEach(() => database.drop());
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const run = async (name: string, ...args: string[]) => {
    const child = new Child(postgresProgram(name), args);
    expect([(await child.ended).code, child.output]).toEqual([0, '']);
  };
  const dump = async () => {
    const file = join(folder, 'dump');
    await run('pg_dump', '-Fc', '-f', file, '-d', database.url);
    return file;
  };

  it('stays with the database, over a crash of the server as well', async () => {
    const epoch = await epochIn(database);
    await server.crash();
    await server.startAgain();
    expect(await epochIn(database)).toBe(epoch);
  });

  it('is another in another database, also in one that a dump was restored into', async () => {
    const other = await server.createDatabase({ empty: true });
    await run('pg_restore', '-d', other.url, await dump());
    expect(await epochIn(other)).not.toBe(await epochIn(database));
    await other.drop();
  });

  it('is another after a dump was restored in place, with its tables or its rows alone', async () => {
    const epochs = [await epochIn(database)];
    const file = await dump();
    await run('pg_restore', '--clean', '--if-exists', '-d', database.url, file);
    epochs.push(await epochIn(database));
    await database.query('DELETE FROM event_epoch');
    await run('pg_restore', '--data-only', '--table=event_epoch', '-d', database.url, file);
    epochs.push(await epochIn(database));
    expect(new Set(epochs).size).toBe(3);
  });

  it('is found as far as a managed server allows, and is begun by an operator', async () => {
    await database.query(`CREATE ROLE nobody LOGIN`);
    await database.query('GRANT ALL ON event_epoch TO nobody');
    for (const name of ['pg_control_system()', 'pg_current_wal_lsn()']) {
      await database.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    }
    const url = new URL(database.url);
    url.username = 'nobody';
    const dataSource = await connectDataSource(parseConfig({ DATABASE_URL: url.href }), []);
    const asNobody = { query: (sql: string) => dataSource.query(sql) };
    const before = await epochIn(asNobody);
    expect(await epochIn(asNobody)).toBe(before);
    const epoch = await new EventEpoch(new Database(dataSource), parseConfig({})).begin();
    expect(epoch).not.toBe(before);
    expect(await epochIn(asNobody)).toBe(epoch);
    await dataSource.destroy();
  });
});

describe('The epoch of the events in a data folder', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'soul-epoch-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** As a process finds it at its start. */
  const epochAt = async (folder: string) => {
    const config = parseConfig({ DATA_DIR: folder });
    const dataSource = await openDataSource(config, []);
    const database = new Database(dataSource);
    await new EventEpoch(database, config).onModuleInit();
    const epoch = await epochIn({ query: (sql) => database.query<any>(sql) });
    await dataSource.destroy();
    return epoch;
  };

  it('stays over restarts, and is another wherever a copy of the folder is restored', async () => {
    const [folder, backup, broken] = ['data', 'backup', 'broken'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    await copyEmbeddedDatabase(folder);
    const epoch = await epochAt(folder);
    copyFolder(folder, backup);
    expect(await epochAt(folder)).toBe(epoch);

    renameSync(folder, broken);
    copyFolder(backup, folder);
    const restored = await epochAt(folder);
    rmSync(folder, { recursive: true });
    copyFolder(backup, folder);
    const restoredAgain = await epochAt(folder);
    expect(new Set([epoch, restored, restoredAgain]).size).toBe(3);
  });
});
