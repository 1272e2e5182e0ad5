import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { parseConfig } from '../config/config.js';
import { Housekeeping } from '../database/housekeeping.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { ConnectionRows } from './connection-rows.js';
import { GrantEnds } from './grant-ends.js';

describe('The end of a grant', () => {
  let opened: OpenDatabase;
  let events: EventLog;
  let ends: GrantEnds;
  let housekeeping: Housekeeping;

  beforeAll(async () => {
    opened = await openDatabase();
    const { database } = opened;
    housekeeping = new Housekeeping(database);
    events = new EventLog(database, new Doorbell(), housekeeping, parseConfig({}));
    ends = new GrantEnds(new ConnectionRows(database, events), housekeeping);
  });
  beforeEach(() => opened.database.query('DELETE FROM users'));
  afterAll(() => opened.close());

  async function connected(userId: string, days: number | null, status = 'connected') {
    await opened.database.query('INSERT INTO users (id) VALUES ($1)', [userId]);
    await opened.database.query(
      `INSERT INTO connections (user_id, platform, origin, status, connected_at, grant_ends_at)
       VALUES ($1, 'spotify', 'real', $2, now(), now() + $3::float8 * interval '1 day')`,
      [userId, status, days],
    );
  }
  const told = async (userId: string) =>
    (await events.read(userId, 0, 10)).events.map(({ type: _, ...event }: any) => event);

  it('is told fourteen days ahead, once, with its time', async () => {
    await connected('ana', 13.9);
    await ends.announce();
    expect(await told('ana')).toMatchObject([{ platform: 'spotify', status: 'expiring' }]);
    expect(Date.parse((await told('ana'))[0].grantExpiresAt)).toBeGreaterThan(Date.now() + 13.8 * 86_400_000);
    await ends.announce();
    expect(await told('ana')).toHaveLength(1);
  });

  it('is not told before, nor where there is none, nor of a connection that has ended already', async () => {
    await connected('bo', 14.1);
    await connected('cy', null);
    await connected('di', 3, 'needs_reconnect');
    await ends.announce();
    for (const userId of ['bo', 'cy', 'di']) expect(await told(userId)).toEqual([]);
  });

  it('is told to everybody, by several processes at once, and comes with the housekeeping', async () => {
    for (let n = 0; n < 230; n += 1) await connected(`u${n}`, 5);
    await Promise.all([ends.announce(), housekeeping.clean()]);
    const rows = await opened.database.query<{ count: number }>(
      'SELECT count(*) AS count FROM events GROUP BY user_id',
    );
    expect(rows).toHaveLength(230);
    expect(new Set(rows.map(({ count }) => count))).toEqual(new Set([1]));
  });
});
