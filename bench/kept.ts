import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import type { Database } from '../src/database/database.js';
import { Housekeeping } from '../src/database/housekeeping.js';
import { config } from '../src/config/config.module.js';
import { Schedules } from '../src/extraction/schedules.js';
import { DueJobs } from '../src/queues/due-jobs.js';
import type { Job } from '../src/queues/job.entity.js';
import { JobCounts } from '../src/queues/job-counts.js';
import { JobIntake } from '../src/queues/job-intake.js';
import { JobObservers } from '../src/queues/job-observers.js';
import { JobQueries } from '../src/queues/job-queries.js';
import { JobSignals } from '../src/queues/job-signals.js';
import { openDatabase, type OpenDatabase } from '../test/support/open-database.js';
import { PostgresServer } from '../test/support/postgres-server.js';
import { atMost, machine, type Report } from './report.js';
import { whileOpen } from './servers.js';

const FEW = 10_000;
const PEOPLE = 1_000;
const SCRAPERS = 10;
const CHUNK = 100_000;

/** What is looked at again and again; each answers with the milliseconds it took. */
type Looks = Readonly<Record<string, () => Promise<number>>>;

/** What looking costs beside few and beside many finished jobs that are kept. */
export async function kept(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: { rows: { type: 'string', default: '5000000' }, rounds: { type: 'string', default: '21' } },
  });
  const [many, rounds] = [Number(values.rows), Number(values.rounds)];
  return whileOpen(async (atEnd) => {
    const postgres = await PostgresServer.start();
    atEnd(() => postgres.stop());
    const start = async (rows: number): Promise<Looks> => {
      const open = await openDatabase({ url: (await postgres.createDatabase()).url });
      atEnd(() => open.close());
      await fill(open.database, rows);
      return looksAt(open);
    };
    const [atFew, atMany] = [await start(FEW), await start(many)];
    const rows: (string | number)[][] = [];
    for (const [what, look] of Object.entries(atFew)) {
      const times: { few: number; many: number }[] = [];
      // The first rounds are left out: statements are planned anew five times.
      for (let round = -6; round < rounds; round++) {
        const took = { few: 0, many: 0 };
        const turns = [['few', look] as const, ['many', atMany[what] ?? look] as const];
        for (const [which, each] of round % 2 === 0 ? turns : turns.reverse()) took[which] = await each();
        if (round >= 0) times.push(took);
      }
      const [few, manyMs] = [median(times.map((time) => time.few)), median(times.map((time) => time.many))];
      rows.push([what, few, manyMs, manyMs / few]);
    }
    return {
      benchmark: 'kept',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `Two databases on one PostgreSQL, with ${FEW} and with ${many} finished jobs of ${PEOPLE} people, of which one in ten is a dead letter,`,
        `a schedule for every hundred of them, and 100 jobs that wait. Milliseconds, medians of ${rounds} rounds, in turns.`,
      ],
      columns: ['', `with ${FEW}`, `with ${many}`, 'ratio'],
      rows,
      goals: rows.map(([what, , , ratio]) => atMost(String(what), Number(ratio), 1.5)),
    };
  });
}

function looksAt({ database, machinery }: OpenDatabase): Looks {
  const [intake, queries] = [
    new JobIntake(new JobObservers(), new JobSignals()),
    new JobQueries(database, new JobSignals()),
  ];
  const scrapers = Array.from({ length: SCRAPERS }, () => new JobCounts(database, new Housekeeping(database)));
  const schedules = new Schedules(database, intake, config);
  const due = new DueJobs(machinery);
  return {
    'metrics, scraped by ten at once': () =>
      time(() => Promise.all(scrapers.map(async (counts) => [await counts.read(), await queries.oldest()]))),
    'a page of dead letters': () => time(() => queries.list({ queue: 'extraction', state: 'failed' }, 51)),
    'a look of the planner': () => time(() => schedules.start(new Date())),
    'a look of the dispatcher, which takes one': async () => {
      let taken: Awaited<ReturnType<DueJobs['takeDue']>>;
      const ms = await time(async () => (taken = await due.takeDue('soul-signature', 1)));
      if (taken?.length !== 1) throw new Error('Nothing was due');
      await database.query('UPDATE jobs SET dispatched_at = NULL WHERE id = $1', [taken[0]?.jobId]);
      return ms;
    },
    'whether a poll leads to a signature': async () => {
      const [poll] = await database.query<Job>('SELECT jobs.* FROM jobs JOIN schedules ON poll_job = id');
      if (!poll) throw new Error('There is no poll');
      return time(() => database.transaction((tx) => schedules.leadsToSignature(tx, poll)));
    },
  };
}

/** Jobs that ended within 90 days, the last ones two hours ago. */
async function fill(database: Database, rows: number): Promise<void> {
  await database.query(`INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(0, $1::int - 1) AS n`, [
    Math.max(PEOPLE, rows / 100),
  ]);
  await database.query(
    `INSERT INTO connections (user_id, platform, origin, status, connected_at)
     SELECT 'person-' || n, 'spotify', 'real', 'connected', now() FROM generate_series(0, $1::int / 100 - 1) AS n`,
    [rows],
  );
  await database.query(
    `UPDATE schedules SET planned_by = $1, next_at = now() + interval '1 day', poll_at = now() + interval '1 day'`,
    [`UTC ${config.extraction.schedule}`],
  );
  for (let from = 0; from < rows; from += CHUNK) {
    await database.query(
      `INSERT INTO jobs (id, name, queue, user_id, platform, data, priority, trigger, status, claim, max_attempts, attempts_made, run_at,
         created_at, started_at, finished_at)
       SELECT format('%s-0000-7000-8000-000000000000', lpad(to_hex(n), 8, '0'))::uuid,
         CASE n % 10 WHEN 5 THEN 'build-signature' ELSE 'extract-platform' END, CASE n % 10 WHEN 5 THEN 'soul-signature' ELSE 'extraction' END,
         'person-' || n / 10 % ${PEOPLE}, 'spotify', '{}', 5, 'schedule', CASE n % 10 WHEN 0 THEN 'failed' ELSE 'completed' END, 1, 3, 1, at, at, at, at
       FROM generate_series($1::int, least($1 + ${CHUNK}, $2::int) - 1) AS n
       CROSS JOIN LATERAL (SELECT now() - interval '2 hours' - ($2 - n) * interval '90 days' / $2 AS at) AS ended`,
      [from, rows],
    );
  }
  await database.query(
    `INSERT INTO jobs (id, name, queue, user_id, platform, data, priority, trigger, max_attempts, run_at)
     SELECT gen_random_uuid(), 'build-signature', 'soul-signature', 'person-' || n, NULL, jsonb_build_object('userId', 'person-' || n),
       5, 'manual', 3, now() FROM generate_series(0, 99) AS n`,
  );
  await database.query(
    `INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'soul-signature', 10, now() + interval '1 day')`,
  );
  await database.query(
    `UPDATE schedules SET poll_job = (SELECT id FROM jobs WHERE user_id = 'person-0' ORDER BY id DESC LIMIT 1) WHERE user_id = 'person-0'`,
  );
  const housekeeping = new Housekeeping(database);
  const counts = new JobCounts(database, housekeeping);
  await counts.read();
  for (const table of ['jobs', 'schedules', 'connections', 'users', 'job_counts', 'job_counts']) {
    await housekeeping.clean(); // Puts the counts together; the second time their table gets shorter.
    await database.query(`VACUUM ANALYZE ${table}`);
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
