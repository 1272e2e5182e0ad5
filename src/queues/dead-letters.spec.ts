import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { DeadLetters } from './dead-letters.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';

const DEAD = 600;

describe('All dead letters of a queue', () => {
  let open: OpenDatabase;

  beforeAll(async () => {
    open = await openDatabase();
    await open.database.query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(1, ${DEAD}) AS n`);
    await open.database.query(
      `INSERT INTO jobs (id, name, queue, user_id, data, trigger, max_attempts, priority, status, run_at, finished_at)
       SELECT gen_random_uuid(), 'build-signature', 'soul-signature', 'person-' || n, jsonb_build_object('userId', 'person-' || n), 'manual', 3, 5, 'failed', now(), now()
       FROM generate_series(1, ${DEAD}) AS n`,
    );
  });
  afterAll(() => open.close());

  /** How many rows each statement gave at most. */
  const most = async ({ mock }: jest.SpyInstance) => {
    const answers = await Promise.all(mock.results.map(({ value }) => value as Promise<unknown[]>));
    return Math.max(...answers.map((rows) => rows.length));
  };

  it('are retried newest first, without reading all at once', async () => {
    const letters = new DeadLetters(open.database, new JobObservers(), new JobSignals());
    const query = jest.spyOn(open.database, 'query');
    const retry = jest.spyOn(letters, 'retry');
    expect(await letters.retryMany('soul-signature', { all: true })).toEqual({ retried: DEAD, skipped: [] });
    expect(await most(query)).toBeLessThan(DEAD);
    const ids = retry.mock.calls.map(([id]) => id);
    expect(ids).toEqual([...ids].sort().reverse());
  });

  it('are discarded in pieces', async () => {
    await open.database.query(`UPDATE jobs SET status = 'failed'`);
    const letters = new DeadLetters(open.database, new JobObservers(), new JobSignals());
    const query = jest.spyOn(open.database, 'query').mockClear();
    expect(await letters.discard('soul-signature', { all: true })).toBe(DEAD);
    expect(await most(query)).toBeLessThan(DEAD);
    expect(await open.database.query('SELECT 1 FROM jobs')).toEqual([]);
  });
});
