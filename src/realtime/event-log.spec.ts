import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { parseConfig } from '../config/config.js';
import type { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { Doorbell } from './doorbell.js';
import { EventLog } from './event-log.js';
import type { DurableEvent } from './events.js';

/** On a real server, where transactions run side by side. */
describe('The event log', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;
  let opened: OpenDatabase;
  let database: Database;
  let log: EventLog;
  let rings: string[];
  let rung: (readonly DurableEvent[])[];
  let epochs: Set<string | undefined>;

  beforeAll(async () => {
    server = await PostgresServer.start();
    fresh = await server.createDatabase();
    opened = await openDatabase({ url: fresh.url });
    database = opened.database;
  });

  beforeEach(async () => {
    await database.query('TRUNCATE users CASCADE');
    await database.query(`INSERT INTO users (id) VALUES ('ana'), ('bo'), ('🦄 o''hara')`);
    const doorbell = new Doorbell();
    rings = [];
    rung = [];
    epochs = new Set();
    doorbell.onRing((userId, events, epoch) => {
      rings.push(userId);
      rung.push(events);
      epochs.add(epoch);
    });
    log = new EventLog(database, doorbell, new Housekeeping(database), parseConfig({}));
  });

  afterAll(async () => {
    await opened.close();
    await fresh.drop();
    await server.stop();
  });

  const tell = (userId: string, platform = 'spotify') =>
    database.transaction((tx) => {
      log.append(tx, userId, 'connection_status', { platform, status: 'connected' });
      return Promise.resolve();
    });
  const eventsOf = async (userId: string, since = 0, limit = 10) => (await log.read(userId, since, limit)).events;
  const numbersOf = async (userId: string) => (await eventsOf(userId, 0, 1_000)).map(({ seq }) => seq);
  const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

  it('numbers the events of each user from 1, and gives them back as they were', async () => {
    await tell('ana', 'spotify');
    await tell("🦄 o'hara", 'youtube');
    await tell('ana', 'github');
    expect(await eventsOf('ana')).toEqual([
      {
        seq: 1,
        at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
        type: 'connection_status',
        platform: 'spotify',
        status: 'connected',
      },
      { seq: 2, at: expect.any(String), type: 'connection_status', platform: 'github', status: 'connected' },
    ]);
    expect(await numbersOf("🦄 o'hara")).toEqual([1]);
    const newest = await Promise.all(['ana', 'bo', 'nobody'].map((id) => log.newest(id)));
    expect(newest.map(({ seq }) => seq)).toEqual([2, 0, 0]);
  });

  it('tells of whom it holds something else than was known, and who is no more', async () => {
    for (let n = 0; n < 3; n += 1) await tell('ana');
    await tell("🦄 o'hara");
    const known = { ana: 2, "🦄 o'hara": 1, bo: 0, nobody: 0 };
    const { epoch } = await log.newest('ana');
    const users = new Map([
      ['ana', 3],
      ['nobody', null],
    ]);
    expect(await log.changed(new Map(Object.entries(known)))).toEqual({ epoch, users });
    expect(await log.changed(new Map([['ana', 3]]))).toEqual({ epoch, users: new Map() });
  });

  it('tells with every page which numbers there are', async () => {
    const { epoch } = await log.newest('ana');
    expect(await log.read('ana', 0, 10)).toEqual({ epoch, newest: 0, oldest: 1, events: [] });
    for (let n = 0; n < 5; n += 1) await tell('ana');
    expect(await log.read('ana', 5, 10)).toEqual({ epoch, newest: 5, oldest: 1, events: [] });
    await database.query('DELETE FROM events WHERE seq <= 3');
    expect(await log.read('ana', 0, 1)).toMatchObject({ newest: 5, oldest: 4, events: [{ seq: 4 }] });
    await database.query('DELETE FROM events');
    expect(await log.read('ana', 4, 10)).toEqual({ epoch, newest: 5, oldest: 6, events: [] });
    expect(await log.read('nobody', 0, 10)).toEqual({ epoch, newest: 0, oldest: 1, events: [] });
  });

  it('reads in pages, oldest first', async () => {
    for (let n = 0; n < 5; n += 1) await tell('ana');
    expect((await eventsOf('ana', 0, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await eventsOf('ana', 2, 2)).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await eventsOf('ana', 5, 2)).toEqual([]);
  });

  it('leaves no gap and no double under 200 transactions at once for one user', async () => {
    await Promise.all(Array.from({ length: 200 }, () => tell('ana')));
    expect(await numbersOf('ana')).toEqual(upTo(200));
    expect((await log.newest('ana')).seq).toBe(200);
  });

  it('leaves no gap where transactions are rolled back in between', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) =>
        database.transaction(async (tx) => {
          log.append(tx, 'ana', 'connection_status', { platform: String(n), status: 'connected' });
          if (n % 3 === 0) tx.beforeCommit(() => ({ sql: 'SELECT 1 / 0' })); // After the number was taken.
          await sleep(Math.random() * 5);
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20);
    expect(await numbersOf('ana')).toEqual(upTo(40));
    expect(rings).toHaveLength(40);
  });

  it('deadlocks nobody who tells two users at once, in whatever order, beside other work', async () => {
    const work = Array.from({ length: 200 }, (_, n) =>
      database.transaction(async (tx) => {
        const pair = n % 2 === 0 ? ['ana', 'bo'] : ['bo', 'ana'];
        for (const userId of [...pair, ...pair]) {
          log.append(tx, userId, 'connection_status', { platform: String(n), status: 'connected' });
          await tx.query(
            `INSERT INTO cursors (user_id, platform, list, cursor) VALUES ($1, 'spotify', $2, '{}') ON CONFLICT DO NOTHING`,
            [userId, String(n)],
          );
        }
      }),
    );
    await Promise.all(work);
    expect(await numbersOf('ana')).toEqual(upTo(400));
    expect(await numbersOf('bo')).toEqual(upTo(400));
  });

  it('keeps the order in which one transaction told things', async () => {
    await database.transaction((tx) => {
      for (const platform of ['one', 'two', 'three']) {
        log.append(tx, 'ana', 'connection_status', { platform, status: 'connected' });
      }
      return Promise.resolve();
    });
    expect(await eventsOf('ana')).toMatchObject([{ platform: 'one' }, { platform: 'two' }, { platform: 'three' }]);
  });

  it('rings when the event can be read, and not before', async () => {
    const inside = database.transaction(async (tx) => {
      log.append(tx, 'ana', 'connection_status', { platform: 'spotify', status: 'connected' });
      await sleep(20);
      expect(rings).toEqual([]);
    });
    await inside;
    expect(rings).toEqual(['ana']);
    expect(await numbersOf('ana')).toEqual([1]);
  });

  it('rings with the events as the log gives them', async () => {
    await tell('ana', 'cut\0off \uD800');
    await database.transaction((tx) => {
      for (const [userId, platform] of Object.entries({ ana: 'b', bo: 'c' })) {
        log.append(tx, userId, 'connection_status', { platform, status: 'connected', grantExpiresAt: undefined! });
        log.append(tx, userId, 'extraction_completed', {
          jobId: '1',
          platform,
          itemsExtracted: 0,
          warnings: [],
          problem: null,
        });
      }
      return Promise.resolve();
    });
    expect(rings).toEqual(['ana', 'ana', 'bo']);
    expect([...rung[0]!, ...rung[1]!]).toEqual(await eventsOf('ana'));
    expect(rung[2]).toEqual(await eventsOf('bo'));
    expect(rung.map((events) => events.length)).toEqual([1, 2, 2]);
    expect(epochs).toEqual(new Set([(await log.newest('ana')).epoch]));
  });

  it('only says that there are some where they are many', async () => {
    await database.transaction((tx) => {
      for (let n = 0; n < 21; n += 1) {
        log.append(tx, 'ana', 'connection_status', { platform: 'a', status: 'connected' });
      }
      return Promise.resolve();
    });
    expect(rung).toEqual([[]]);
    expect(await numbersOf('ana')).toEqual(upTo(21));
  });

  it('never shows a number before all smaller ones', async () => {
    const writing = Promise.all(Array.from({ length: 100 }, () => tell('ana')));
    for (let seen = 0; seen < 100;) {
      const numbers = await numbersOf('ana');
      expect(numbers).toEqual(upTo(numbers.length));
      expect(numbers.length).toBeGreaterThanOrEqual(seen);
      seen = numbers.length;
    }
    await writing;
  });

  it('tells things with characters that PostgreSQL cannot hold', async () => {
    await tell('ana', 'cut\0off \uD800');
    expect(await eventsOf('ana')).toMatchObject([{ platform: 'cutoff \uFFFD' }]);
  });
});
