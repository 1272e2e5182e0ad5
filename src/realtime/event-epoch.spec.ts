import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../test/support/child.js';
import { openDatabase } from '../../test/support/open-database.js';
import { copyFolder } from '../../test/support/prepared-folder.js';
import { postgresProgram, PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { parseConfig } from '../config/config.js';
import { connectDataSource } from '../database/data-source.js';
import { Database } from '../database/database.js';
import { EventEpoch } from './event-epoch.js';

const epochIn = async ({ query }: Pick<TestDatabase, 'query'>) => {
  const [{ epoch }] = await query('SELECT epoch FROM current_event_epoch');
  expect(epoch).toMatch(/^[0-9a-f]{32}$/);
  return epoch as string;
};

describe('The epoch of the events', () => {
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
    await database.query('GRANT ALL ON event_epoch, current_event_epoch TO nobody');
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

  it('is another wherever a copy of the data folder is restored, and stays over restarts', async () => {
    const [data, backup, broken] = ['data', 'backup', 'broken'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(join(data, 'postgres/global'), { recursive: true });
    const control = join(data, 'postgres/global/pg_control');
    writeFileSync(control, 'written at its first start');
    const opened = await openDatabase({ url: database.url });
    const startedEpoch = async () => {
      await new EventEpoch(opened.database, parseConfig({ DATA_DIR: data })).onModuleInit();
      return epochIn(database);
    };

    const epoch = await startedEpoch();
    writeFileSync(control, 'written again in the same place');
    expect(await startedEpoch()).toBe(epoch);

    copyFolder(data, backup);
    renameSync(data, broken);
    copyFolder(backup, data);
    const restored = await startedEpoch();
    rmSync(data, { recursive: true });
    copyFolder(backup, data);
    const restoredAgain = await startedEpoch();
    expect(new Set([epoch, restored, restoredAgain]).size).toBe(3);
    expect(await startedEpoch()).toBe(restoredAgain);
    await opened.close();
  });
});
