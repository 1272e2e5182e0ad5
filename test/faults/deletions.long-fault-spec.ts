import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../support/api-client.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

jest.setTimeout(600_000);

/** A tenth of it shows whether the time grows faster than the number. */
const SIZES = [10_000, 100_000] as const;

/** Ten times as many take ten times as long; what is quadratic takes a hundred times as long. */
const GROWTH = 25;

/** A second is promised, on a machine that has nothing else to do. */
const LONGEST_TRANSACTION_MS = 3_000;

describe('deleting much', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { EXTRACTION_SCHEDULE: 'off' } });
  });
  afterAll(() => app.stop());

  const query = (sql: string, parameters: readonly unknown[] = []) => app.database!.query(sql, parameters);
  const plant = (person: ApiClient, kind: string, count: number) =>
    query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       SELECT $1, 'spotify', $2, 'planted' || n || '@' || n, 'artist:' || n % 500, now() - n * interval '1 hour', 'user_act', '{}'
       FROM generate_series(1, $3::int) AS n`,
      [person.userId, kind, count],
    );
  const left = async (person: ApiClient, which = 'true') =>
    (await query(`SELECT count(*)::int AS count FROM items WHERE user_id = $1 AND ${which}`, [person.userId]))[0].count;

  /** How long `work` took, and the oldest transaction that was seen meanwhile, by its age when it was seen last. */
  const watched = async (work: () => Promise<unknown>) => {
    let oldestMs = 0;
    let over = false;
    const watching = (async () => {
      while (!over) {
        const [{ ms }] = await query(
          `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start) * 1000), 0)::int AS ms FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
        );
        oldestMs = Math.max(oldestMs, ms);
        await sleep(20);
      }
    })();
    const begun = performance.now();
    try {
      await work();
      return { tookMs: Math.round(performance.now() - begun), oldestMs };
    } finally {
      over = true;
      await watching;
    }
  };

  /** What is deleted of a person who has so many items of this kind; resolves when that is done. */
  const ways: readonly (readonly [what: string, kind: string, work: (person: ApiClient) => Promise<void>])[] = [
    [
      'an account',
      'play',
      async (person) => {
        const { jobId } = await person.delete('/account');
        const gone = async () => jobId === undefined || (await person.call('GET', `/jobs/${jobId}`)).status === 401;
        await until('the account to be gone', gone, { limitMs: 300_000 });
        expect(await query('SELECT FROM users WHERE id = $1', [person.userId])).toEqual([]);
        expect(await query('SELECT FROM stat_key_day WHERE user_id = $1', [person.userId])).toEqual([]);
      },
    ],
    [
      'a platform',
      'play',
      async (person) => {
        const { jobId } = await person.delete('/connectors/spotify?deleteData=true');
        expect(await person.endOf(jobId, 300_000)).toMatchObject({ state: 'completed' });
        expect(await left(person)).toBe(0);
      },
    ],
    [
      'what a list has lost',
      'saved-track',
      async (person) => {
        const { jobId } = await person.post('/extraction/spotify');
        expect(await person.endOf(jobId, 300_000)).toMatchObject({ state: 'completed' });
        expect(await left(person, `external_id LIKE 'planted%' AND gone_at IS NULL`)).toBe(0);
      },
    ],
  ];

  it.each(ways)('%s takes as long as there is much, and nobody waits for it (R33)', async (what, kind, work) => {
    const took: number[] = [];
    for (const size of SIZES) {
      const person = await ApiClient.signIn(app);
      await person.endOf((await person.connect('newcomer')).jobId);
      // The next listing is a whole one.
      await query('DELETE FROM cursors WHERE user_id = $1', [person.userId]);
      await plant(person, kind, size);
      const { tookMs, oldestMs } = await watched(() => work(person));
      console.info(`${what}, ${size} items: ${tookMs} ms, the oldest transaction ${oldestMs} ms`);
      expect(oldestMs).toBeLessThan(LONGEST_TRANSACTION_MS);
      took.push(tookMs);
    }
    const [few = 0, many = 0] = took;
    expect(many / few).toBeLessThan(GROWTH);
  });
});
