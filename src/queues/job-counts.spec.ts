import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobCounts } from './job-counts.js';
import { JOB_STATE } from './job-view.js';

describe('The counts of jobs', () => {
  let opened: OpenDatabase;
  let counts: JobCounts;
  let housekeeping: Housekeeping;

  const query = <Row = unknown>(sql: string, parameters: readonly unknown[] = []) =>
    opened.database.query<Row>(sql, parameters);

  const insert = (count: number, status: string, more: { userId?: string; runAt?: string } = {}) =>
    query(
      `INSERT INTO jobs (id, name, queue, user_id, data, priority, trigger, status, max_attempts, run_at, finished_at)
       SELECT gen_random_uuid(), 'extract-platform', CASE n % 2 WHEN 0 THEN 'extraction' ELSE 'platform-data' END, $3, '{}', 5, 'manual', $2, 3,
         now() + $4::interval, CASE WHEN $2 NOT IN ('waiting', 'active') THEN now() END FROM generate_series(1, $1::int) AS n`,
      [count, status, more.userId ?? 'ana', more.runAt ?? '-1 minute'],
    );

  /** The truth, by reading every row. */
  const counted = async () => {
    const rows = await query<{ queue: string; state: string; count: number }>(
      `SELECT queue, ${JOB_STATE} AS state, count(*) FROM jobs GROUP BY 1, 2`,
    );
    const of = (queue: string) =>
      Object.fromEntries(
        ['waiting', 'active', 'completed', 'failed', 'delayed', 'paused'].map((state) => [
          state,
          rows.find((row) => row.queue === queue && row.state === state)?.count ?? 0,
        ]),
      );
    return {
      extraction: of('extraction'),
      'soul-signature': of('soul-signature'),
      imports: of('imports'),
      'platform-data': of('platform-data'),
    };
  };
  const areRight = async () => expect(await counts.read()).toEqual(await counted());
  const notes = async () => (await query('SELECT FROM job_counts')).length;

  beforeEach(async () => {
    opened = await openDatabase();
    housekeeping = new Housekeeping(opened.database);
    counts = new JobCounts(opened.database, housekeeping);
    await query(`INSERT INTO users (id) VALUES ('ana'), ('ben')`);
    for (const status of ['waiting', 'active', 'completed', 'failed', 'cancelled', 'expired']) await insert(7, status);
  });
  afterEach(() => opened.close());

  it('are those of the rows, also of delayed jobs and of a paused queue', async () => {
    await insert(3, 'waiting', { runAt: '1 hour' });
    await query(
      `UPDATE jobs SET dispatched_at = now() WHERE id IN (SELECT id FROM jobs WHERE status = 'waiting' LIMIT 5)`,
    );
    await areRight();
    await query(`INSERT INTO queues (name, paused_at) VALUES ('extraction', now())`);
    await areRight();
  });

  it('follow every change of a status, and nothing that is rolled back', async () => {
    for (const [before, after] of [
      ['waiting', 'active'],
      ['active', 'completed'],
      ['completed', 'completed'],
      ['failed', 'waiting'],
      ['expired', 'failed'],
      ['waiting', 'cancelled'],
    ]) {
      await query(`UPDATE jobs SET status = $2, progress = 1 WHERE status = $1`, [before, after]);
      await areRight();
    }
    const rolledBack = opened.database.transaction(async (tx) => {
      await tx.query(`UPDATE jobs SET status = 'completed'`);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await areRight();
  });

  it('follow what is deleted: dead letters, old jobs, and all of a person', async () => {
    await insert(9, 'completed', { userId: 'ben' });
    await query(`DELETE FROM jobs WHERE status = 'failed' AND queue = 'extraction'`);
    await areRight();
    await query(
      `UPDATE jobs SET finished_at = now() - interval '91 days' WHERE status = 'completed' AND user_id = 'ana'`,
    );
    housekeeping.register({ table: 'jobs', old: `finished_at < now() - interval '90 days'` });
    await housekeeping.clean();
    await areRight();
    await query(`DELETE FROM users WHERE id = 'ben'`);
    await areRight();
    await query('TRUNCATE jobs');
    await areRight();
  });

  it('stay right, and few, while jobs end and several put them together', async () => {
    await insert(2_000, 'active');
    const ids = await query<{ id: string }>(`SELECT id FROM jobs WHERE status = 'active'`);
    const lanes = [0, 1, 2, 3].map(async (lane) => {
      for (const { id } of ids.filter((_, index) => index % 4 === lane)) {
        await query(`UPDATE jobs SET status = 'completed' WHERE id = $1`, [id]);
      }
    });
    const others = new JobCounts(opened.database, housekeeping);
    const reading = [counts, others].map(async (each) => {
      for (let n = 0; n < 20; n += 1) {
        const { extraction, 'platform-data': data } = await each.read();
        expect([extraction, data].reduce((sum, { active, completed }) => sum + active + completed, 0)).toBe(2_014);
      }
    });
    await Promise.all([...lanes, ...reading, housekeeping.clean(), housekeeping.clean()]);
    await areRight();
    await areRight();
    expect(await notes()).toBeLessThan(1_001);
    await housekeeping.clean();
    expect(await notes()).toBe(8);
    await areRight();
  });
});
