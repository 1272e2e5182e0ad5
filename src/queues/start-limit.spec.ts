import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { DueJobs } from './due-jobs.js';
import { JOBS } from './jobs.js';

/** On a real server, where several dispatchers choose side by side. */
describe('The start limit', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;
  let opens: OpenDatabase[];
  let dispatchers: DueJobs[];

  beforeAll(async () => {
    server = await PostgresServer.start();
    fresh = await server.createDatabase();
    opens = [];
    for (let n = 0; n < 3; n++) opens.push(await openDatabase({ url: fresh.url }));
    dispatchers = opens.map(({ machinery }) => new DueJobs(machinery));
    await fresh.query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(1, 2000) AS n`);
    await fresh.query(
      `INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'extraction', 5000, now() + interval '1 day')`,
    );
  });
  afterAll(async () => {
    for (const open of opens) await open.close();
    await fresh.drop();
    await server.stop();
  });
  beforeEach(async () => {
    await fresh.query('DELETE FROM limits');
    await fresh.query('DELETE FROM jobs');
    await fresh.query(
      `INSERT INTO jobs (id, name, queue, user_id, data, trigger, max_attempts, priority, run_at)
       SELECT gen_random_uuid(), 'extract-platform', 'extraction', id, jsonb_build_object('userId', id), 'manual', 3, 5, now() FROM users`,
    );
  });
  afterEach(() => jest.restoreAllMocks());

  const limit = (max: number, durationMs: number) =>
    jest.replaceProperty(JOBS['extract-platform'], 'limiter', { max, durationMs });
  const takeAll = async () => {
    const all = await Promise.all(dispatchers.map((dispatcher) => dispatcher.takeDue('extraction', 5_000)));
    return all.flatMap((taken) => taken ?? []).length;
  };
  /** As if so many milliseconds had passed. */
  const pass = (ms: number) => fresh.query(`UPDATE limits SET tat = tat - ${ms} * interval '1 ms'`);

  it.each([
    [1, 60_000],
    [1, 86_400_000],
    [1, 500],
  ])('of %d per %d ms never lets two start in it, however many look at once', async (max, durationMs) => {
    limit(max, durationMs);
    let started = 0;
    for (let look = 0; look < 3; look++) started += await takeAll();
    expect(started).toBe(1);
    if (durationMs < 60_000) return;
    await pass(durationMs - 5_000);
    expect(await takeAll()).toBe(0);
    expect(await dispatchers[0]!.nextDueInMs('extraction')).toBeGreaterThan(0);
    await pass(5_000);
    expect((await takeAll()) + (await takeAll())).toBe(1);
  });

  it.each([
    [3, 86_400_000],
    [10, 1_000],
    [1_000, 1_000],
    [100_000, 60_000],
  ])('of %d per %d ms is used and kept, by dispatchers that look late', async (max, durationMs) => {
    limit(max, durationMs);
    const looks = 20;
    const beganAt = performance.now();
    let started = await takeAll();
    for (let look = 0; look < looks; look++) {
      await pass(durationMs / looks);
      started += await takeAll();
    }
    // The looks took time of their own, and a start or a tenth of the window may be early.
    const windows = 1 + (performance.now() - beganAt) / durationMs;
    expect(started).toBeLessThanOrEqual(Math.ceil(max * windows + Math.max(1, max / 10)));
    expect(started).toBeGreaterThanOrEqual(Math.min(max, 1_900));
  });

  it('of a hundred million a second limits nothing and breaks nothing', async () => {
    limit(100_000, 1);
    expect(await takeAll()).toBeGreaterThan(1_000);
    expect(await dispatchers[0]!.nextDueInMs('extraction')).toBeUndefined();
  });

  it('starts no second job because its row is missing', async () => {
    limit(1, 60_000);
    expect(await takeAll()).toBe(1);
    await fresh.query('DELETE FROM limits');
    expect(await takeAll()).toBe(0);
  });

  it.each([
    ['has ended', `status = 'completed', finished_at = now()`],
    ['waits to be tried again', `run_at = now() + interval '1 minute'`],
  ])('starts none either when the first %s', async (_, then) => {
    limit(1, 60_000);
    expect(await takeAll()).toBe(1);
    await fresh.query(
      `UPDATE jobs SET claimed_at = dispatched_at, dispatched_at = NULL, claim = 1, ${then} WHERE dispatched_at IS NOT NULL`,
    );
    await fresh.query('DELETE FROM limits');
    expect(await takeAll()).toBe(0);
    await pass(55_000);
    expect(await takeAll()).toBe(0);
    await pass(5_000);
    expect((await takeAll()) + (await takeAll())).toBe(1);
  });

  it('that was raised does not wait for what the old one would have', async () => {
    limit(1, 86_400_000);
    expect(await takeAll()).toBe(1);
    limit(10, 1_000);
    expect(await takeAll()).toBe(0);
    await pass(110);
    expect(await takeAll()).toBeGreaterThan(0);
  });
});
