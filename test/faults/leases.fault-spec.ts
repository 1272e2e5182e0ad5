import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PRIORITY } from '../../src/queues/jobs.js';
import { randomOf } from '../support/planted-users.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

/** Longer than a lease, and than a pool of ten lasts when one more connection waits every second. */
const LOCKED_MS = inFull(75_000, 27_000);

describe('A lease', () => {
  let crew: Crew;
  let other: Client;
  beforeEach(async () => {
    crew = await Crew.start({ pieces: 1, pieceMs: LOCKED_MS + 8_000 });
    other = new Client({ connectionString: crew.database.url });
    await other.connect();
  });
  afterEach(async () => {
    await other.end();
    await crew.stop();
  });

  it.each(SEEDS)('is kept while another transaction holds the row of a job (R26, seed %d)', async (seed) => {
    const random = randomOf(seed);
    await crew.accept(10, { priority: PRIORITY.first });
    // The row of a suspect, whose lease is renewed most often.
    const [{ id }] = await crew.database.query(
      'UPDATE jobs SET crashes = 1 WHERE id = (SELECT id FROM jobs LIMIT 1) RETURNING id',
    );
    await crew.worker();
    await until('10 jobs to run', async () => (await crew.countOf('active')) === 10);
    await crew.worker(); // It has nothing to do but to look for dead ones.
    await sleep(2_000 * random());
    await other.query('BEGIN');
    await other.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [id]);
    let waiting = 0;
    for (const end = Date.now() + LOCKED_MS; Date.now() < end;) {
      const [{ count }] = await crew.database.query(
        `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      waiting = Math.max(waiting, count);
      await sleep(500);
    }
    await other.query('ROLLBACK');
    const taken = await until('the runs to be over, or taken away', () => crew.lostRuns());
    console.info(
      `a row locked for ${LOCKED_MS / 1_000} s: ${taken.count} of 10 runs taken away, ${waiting} waited for it`,
    );
    expect(taken.count).toBe(0);
    expect(waiting).toBeLessThanOrEqual(1);
    expect(await crew.check('after it')).toMatchObject({ ...CLEAN, recovered: 0 });
  });
});
