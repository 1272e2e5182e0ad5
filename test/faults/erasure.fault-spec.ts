import { ApiClient } from '../support/api-client.js';
import { inFull, SEEDS } from '../support/length.js';
import { randomOf } from '../support/planted-users.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

jest.setTimeout(600_000);

/** Lease (15 s), the sweep that notices, and room for a busy machine. */
const TAKEN_UP_AGAIN_MS = 120_000;

describe('a process that dies while it deletes an account', () => {
  let app: RunningApp;
  let person: ApiClient;
  let neighbour: ApiClient;

  beforeEach(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { EXTRACTION_SCHEDULE: 'off' } });
    person = await ApiClient.signIn(app);
    neighbour = await ApiClient.signIn(app);
    await plant(neighbour, 100);
  });
  afterEach(() => app.stop());

  const query = (sql: string, parameters: readonly unknown[] = []) => app.database!.query(sql, parameters);
  const plant = ({ userId }: ApiClient, items: number) =>
    query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       SELECT $1, 'spotify', 'play', 't@' || n, 'artist:' || n % 50, now() - n * interval '1 hour', 'user_act', '{}'
       FROM generate_series(1, $2::int) AS n`,
      [userId, items],
    );
  const left = async ({ userId }: ApiClient) =>
    (await query('SELECT count(*)::int AS count FROM items WHERE user_id = $1', [userId]))[0].count;
  /** Where the person's id is still to be found. */
  const traces = async () => {
    const tables = await query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await query(`SELECT FROM ${name} t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [person.userId]);
      if (rows.length > 0) found.push(name);
    }
    return found;
  };
  const goneInTheEnd = async () => {
    const gone = async () => (await query('SELECT FROM users WHERE id = $1', [person.userId])).length === 0;
    await until('the account to be gone', gone, { limitMs: TAKEN_UP_AGAIN_MS });
    expect(await traces()).toEqual([]);
    expect(await left(neighbour)).toBe(100);
    expect((await person.call('GET', '/me')).body.error.code).toBe('ACCOUNT_DELETED');
    expect((await neighbour.call('GET', '/me')).status).toBe(200);
  };

  it.each(SEEDS)('goes on where it was, whether a request or the job was at it (R33, seed %d)', async (seed) => {
    const random = randomOf(seed);
    const items = inFull(60_000, 16_000);
    await plant(person, items);
    const answer = person.delete('/account').catch(() => 'no answer');
    const deaths = inFull([0.05 + 0.1 * random(), 0.3 + 0.2 * random(), 0.6 + 0.3 * random()], [0.1 + 0.8 * random()]);
    for (const share of deaths) {
      await until('so much to be deleted', async () => (await left(person)) <= items * (1 - share), { everyMs: 5 });
      const before = await left(person);
      await app.kill();
      expect([await left(person), before]).not.toContain(0);
      await app.startAgain();
      // Closed all the while.
      expect((await person.call('GET', '/me')).body.error.code).toBe('ACCOUNT_DELETED');
    }
    await answer;
    await goneInTheEnd();
  });
});
