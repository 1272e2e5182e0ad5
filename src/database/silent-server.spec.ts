import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { Logger } from '@nestjs/common';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { TransientDatabaseError } from './failures.js';

/** PostgreSQL's ErrorResponse to a parameter of the start-up that PgBouncer does not pass on. */
const REFUSAL = 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0';

/** A pooler that refuses clients which ask for limits. */
async function poolerBefore(target: URL): Promise<Server> {
  const pooler = createServer((inner) => {
    inner.once('data', (startup) => {
      if (startup.includes('statement_timeout')) {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(4 + REFUSAL.length);
        inner.end(Buffer.concat([Buffer.from('E'), length, Buffer.from(REFUSAL)]));
        return;
      }
      const outer = connect({ host: target.hostname, port: Number(target.port) });
      outer.write(startup);
      inner.pipe(outer).pipe(inner);
      inner.on('error', () => outer.destroy());
      outer.on('error', () => inner.destroy());
    });
  });
  await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve));
  return pooler;
}

describe('A PostgreSQL server', () => {
  let server: PostgresServer;
  let own: TestDatabase;
  let warn: jest.SpyInstance;

  beforeAll(async () => {
    server = await PostgresServer.start();
    own = await server.createDatabase();
  });

  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  });

  afterEach(() => warn.mockRestore());

  afterAll(async () => {
    await own.drop();
    await server.stop();
  });

  const behind = (port: number): Promise<OpenDatabase> => {
    const url = new URL(own.url);
    url.port = String(port);
    return openDatabase({ url: url.href });
  };

  it('that vanishes is given up after 5 s by what is vital, and nobody waits for it a second time', async () => {
    const proxy = await TcpProxy.start(new URL(own.url));
    const { database, close } = await behind(proxy.port);
    await Promise.all([1, 2, 3, 4].map(() => database.query('SELECT pg_sleep(0.1)')));
    expect(database.connectionCounts.idle).toBe(4);

    proxy.silence();
    const failures = await Promise.all([
      database.query('SELECT 1', [], 'vital').catch((error: unknown) => error),
      database.transaction((tx) => tx.query('CREATE TABLE never ()'), 'vital').catch((error: unknown) => error),
    ]);

    for (const failure of failures) expect(failure).toBeInstanceOf(TransientDatabaseError);
    expect(failures[0]).toMatchObject({ message: 'PostgreSQL was silent for 5 s' });
    expect(warn.mock.calls).toEqual([['PostgreSQL was silent for 5 s; connecting anew']]);
    await database.query('SELECT 1', [], 'vital');
    expect(database.connectionCounts).toEqual({ idle: 1, busy: 0, awaited: 0 });
    expect(await own.query(`SELECT FROM pg_tables WHERE tablename = 'never'`)).toEqual([]);
    await close();
    await proxy.refuse();
  });

  it('ends statements after 10 s, of what is vital after 4 s, unless a long time was asked for', async () => {
    const { database, machinery, close } = await openDatabase({ url: own.url });
    const limit = `SELECT current_setting('statement_timeout') AS limit`;
    expect(await database.query(limit)).toEqual([{ limit: '10s' }]);
    expect(await machinery.query(limit)).toEqual([{ limit: '4s' }]);
    for (const kind of ['transaction', 'snapshot'] as const) {
      expect(await database[kind]((tx) => tx.query(limit), 'long')).toEqual([{ limit: '10min' }]);
      expect(await database[kind]((tx) => tx.query(limit))).toEqual([{ limit: '10s' }]);
    }
    await close();
  });

  it('behind a pooler that takes no limits is used without them', async () => {
    const pooler = await poolerBefore(new URL(own.url));
    const { database, close } = await behind((pooler.address() as AddressInfo).port);
    expect(await database.query(`SELECT current_setting('statement_timeout') AS limit`)).toEqual([{ limit: '0' }]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('takes no limits')]]);
    await close();
    pooler.close();
  });
});
