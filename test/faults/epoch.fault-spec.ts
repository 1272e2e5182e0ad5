import { io } from 'socket.io-client';
import { Live } from '../../public/js/live.js';
import { ApiClient } from '../support/api-client.js';
import { LiveFeed } from '../support/live-feed.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RunningApp } from '../support/running-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

jest.setTimeout(300_000);

type Query = (sql: string, parameters?: readonly unknown[]) => Promise<unknown>;

/** Appends events without a ring, as a process that died right after its commit. */
const write = (query: Query, userId: string, statuses: readonly string[]) =>
  query(
    `WITH last AS (UPDATE users SET seq = seq + cardinality($2::text[]) WHERE id = $1 RETURNING id, seq)
     INSERT INTO events (user_id, seq, type, payload)
     SELECT id, seq - cardinality($2) + place, 'connection_status', jsonb_build_object('platform', 'spotify', 'status', status)
     FROM last, unnest($2) WITH ORDINALITY AS status (status, place)`,
    [userId, statuses],
  );

const shown = (events: readonly any[]) => events.map(({ seq, status }) => `${seq} ${status}`);

describe('R31: a failover to a standby that lost the last commits', () => {
  let app: RunningApp;
  let proxy: TcpProxy;
  let servers: PostgresServer[];
  let database: string;

  beforeAll(async () => {
    const primary = await PostgresServer.start({ own: true });
    servers = [primary];
    const { url } = await primary.createDatabase();
    const standby = await primary.standby();
    servers.push(standby);
    proxy = await TcpProxy.start(new URL(url));
    const address = new URL(url);
    database = address.pathname.slice(1);
    address.port = String(proxy.port);
    app = await RunningApp.start({ env: { DATABASE_URL: address.href } });
  });
  afterAll(async () => {
    await app.stop();
    await proxy.refuse();
    for (const server of servers) await server.stop();
  });

  it('is told to sockets and to readers of the log, and no number means two events', async () => {
    const [primary, standby] = servers as [PostgresServer, PostgresServer];
    const [ana, bo] = [await ApiClient.signIn(app), await ApiClient.signIn(app)];
    const people = [ana, bo];
    const feeds = await Promise.all(people.map(({ token }) => LiveFeed.open(app, token!)));
    // The page's own client.
    Object.assign(globalThis, { io: (options: object) => io(app.url, { ...options, forceNew: true }) });
    const page = { events: [] as any[], anew: 0, snapshots: 0 };
    const live = new Live(ana.token!, {
      snapshot: () => (page.snapshots += 1),
      event: (event) => page.events.push(event),
      anew: () => (page.anew += 1),
      online: () => undefined,
      signedOut: (code) => page.events.push(code),
    });
    await until('the page to be shown', () => page.snapshots === 1);

    const before = primary.queryIn(database);
    for (const { userId } of people) await write(before, userId, ['one', 'two', 'three']);
    const after = standby.queryIn(database);
    await until('the standby to follow', async () => {
      const rows = await after('SELECT FROM events');
      return rows.length === 6;
    });
    await standby.fallBehind();
    for (const { userId } of people) await write(before, userId, ['lost four', 'lost five']);
    for (const feed of feeds) await feed.until('five events', () => feed.events[4]);
    const cy = await ApiClient.signIn(app);
    const lost = await LiveFeed.open(app, cy.token!);
    const { epoch } = (await ana.call('GET', '/events?since=5')).body;

    await proxy.refuse();
    await primary.crash();
    await standby.promote();
    await write(after, ana.userId, ['new four', 'new five']);
    proxy.leadTo(new URL(standby.url));
    await proxy.open();

    const [begun, fewer] = await Promise.all(
      feeds.map((feed) => feed.until('the new epoch', () => feed.snapshots[1], 30_000)),
    );
    expect([begun.seq, fewer.seq]).toEqual([5, 3]);
    expect(begun.epoch).not.toBe(feeds[0]!.snapshots[0].epoch);
    expect(fewer.epoch).toBe(begun.epoch);
    const replay = await feeds[0]!.replay({ since: 0 });
    expect(shown(replay.events)).toEqual(['1 one', '2 two', '3 three', '4 new four', '5 new five']);
    expect(replay).toMatchObject({ seq: 5, epoch: begun.epoch });

    // What comes next follows on the snapshots.
    for (const { userId } of people) await write(after, userId, ['next']);
    await Promise.all(feeds.map((feed) => feed.until('the next event', () => feed.events[5])));
    expect(feeds.map(({ events }) => shown(events.slice(5)))).toEqual([['6 next'], ['4 next']]);
    await until('the page to have it', () => page.events.length === 6);
    expect([page.anew, shown(page.events).at(-1)]).toEqual([1, '6 next']);

    // The commit that made a person was lost as well: not a deleted account, but one to be made again.
    await until('the socket of the lost person to be closed', () => lost.socket.disconnected);
    expect(lost.errors).toEqual([]);
    const found = await LiveFeed.open(app, cy.token!);
    expect(found.snapshots).toMatchObject([{ seq: 0, epoch: begun.epoch }]);

    const { status, body } = await ana.call('GET', `/events?since=5&epoch=${epoch}`);
    expect([status, body.error]).toMatchObject([
      410,
      { code: 'EPOCH_CHANGED', details: { epoch: begun.epoch, seq: 6 } },
    ]);
    const again = await ana.call('GET', `/events?since=0&epoch=${begun.epoch}`);
    expect(again.body.epoch).toBe(begun.epoch);
    expect(shown(again.body.data)).toEqual(['1 one', '2 two', '3 three', '4 new four', '5 new five', '6 next']);
    for (const feed of [...feeds, found]) feed.close();
    live.close();
  });
});
