import '../../test/support/own-data-folder.js';
import { blocksRead } from '../../test/support/blocks-read.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobCounts } from './job-counts.js';
import { JobQueries } from './job-queries.js';
import { JobSignals } from './job-signals.js';

const [FEW, MANY] = [1_000, 20_000];

/** Of ten kept jobs of 200 people one is a dead letter; some wait, and some run. */
describe('Finished jobs that are kept', () => {
  let opened: OpenDatabase;
  let housekeeping: Housekeeping;
  let counts: JobCounts;
  let queries: JobQueries;

  const query = <Row = unknown>(sql: string, parameters: readonly unknown[] = []) =>
    opened.database.query<Row>(sql, parameters);

  const insert = (count: number, status: string, rest = "now() - interval '1 day'") =>
    query(
      `INSERT INTO jobs (id, name, queue, user_id, platform, data, priority, trigger, status, max_attempts, run_at, claimed_at, finished_at)
       SELECT format('%s-0000-7000-8000-%s', lpad(to_hex(n), 8, '0'), left(md5(random()::text), 12))::uuid, 'extract-platform', CASE WHEN n % 4 = 0 THEN 'platform-data' ELSE 'extraction' END, 'person-' || n % 200, 'spotify', '{}', 5, 'manual',
         CASE WHEN $2 = 'ended' THEN CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'completed' END ELSE $2 END, 3, ${rest}, now(),
         CASE WHEN $2 = 'ended' THEN now() - n * interval '1 s' - interval '2 hours' END
       FROM generate_series(1, $1::int) AS n`,
      [count, status],
    );

  beforeAll(async () => {
    opened = await openDatabase({ embedded: false });
    housekeeping = new Housekeeping(opened.database);
    counts = new JobCounts(opened.database, housekeeping);
    queries = new JobQueries(opened.database, new JobSignals());
    await query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(0, 199) AS n`);
    await insert(40, 'waiting');
    await insert(10, 'waiting', `now() + interval '1 hour'`);
    await insert(5, 'active');
  });
  afterAll(() => opened.close());

  /** As time does it. The second time the table of counts gets shorter: what the first one wrote is at its end. */
  const tidyUp = async () => {
    await query('VACUUM ANALYZE jobs');
    for (let times = 0; times < 2; times += 1) {
      await housekeeping.clean();
      await query('VACUUM ANALYZE job_counts');
    }
  };

  const costs = async () => ({
    counts: await blocksRead(opened.database, () => counts.read()),
    ages: await blocksRead(opened.database, () => queries.oldest()),
    'dead letters': await blocksRead(opened.database, () => queries.list({ queue: 'extraction', state: 'failed' }, 51)),
    'newest of a queue': await blocksRead(opened.database, () => queries.list({ queue: 'soul-signature' }, 51)),
  });

  it('cost a look at the queues nothing', async () => {
    await insert(FEW, 'ended');
    await tidyUp();
    const few = await costs();
    await insert(MANY - FEW, 'ended');
    await tidyUp();
    const many = await costs();
    for (const what of Object.keys(few) as (keyof typeof few)[]) {
      expect(`${what}: ${many[what] <= few[what] * 1.5 || `${many[what]} blocks instead of ${few[what]}`}`).toBe(
        `${what}: true`,
      );
    }
  });
});
