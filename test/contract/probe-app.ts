import type { DynamicModule } from '@nestjs/common';
import type { JobWithState } from '../../src/queues/job-view.js';
import type { EnqueueOptions } from '../../src/queues/job-intake.js';
import type { QueueCounts } from '../../src/queues/job-counts.js';
import type { JobName, QueueName } from '../../src/queues/jobs.js';
import { PATIENCE_MS, until } from '../support/until.js';
import type { ProbeSet } from './probe-processors.js';
import type { Scripts } from './scripts.js';

export type Environment = Readonly<Record<string, string>>;

/** A driver to be tested, with the servers it needs. */
export interface DriverUnderTest {
  /** What its processes find in their environment: `DATA_DIR` or `DATABASE_URL`, `REDIS_URL`. */
  readonly environment: Environment;
  /** The queue module and what it rests on; called anew for each app, because settings are read at import. */
  queueModules(): Promise<DynamicModule[]>;
  /** Ends what was started for it. */
  stop(): Promise<void>;
}

/** How a job's row looked after one of the statements that wrote it. */
export interface Revision {
  readonly jobId: string;
  readonly status: string;
  readonly priority: number;
  readonly progress: number;
  readonly attemptsMade: number;
  readonly crashes: number;
  readonly claim: number;
  readonly dispatch: number;
  /** From the beginning of the writing transaction to `run_at`. */
  readonly waitMs: number;
  readonly runAt: Date;
  /** The clock when it was written. */
  readonly at: Date;
}

/** Filled by a trigger, so that every write to a row leaves a line here. */
const HISTORY = [
  `CREATE TABLE IF NOT EXISTS job_history (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job_id uuid, status text, priority int, progress int, attempts_made int,
    crashes int, claim int, dispatch int, run_at timestamptz, began timestamptz DEFAULT now(), at timestamptz DEFAULT clock_timestamp()
  )`,
  `CREATE OR REPLACE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO job_history (job_id, status, priority, progress, attempts_made, crashes, claim, dispatch, run_at)
    VALUES (NEW.id, NEW.status, NEW.priority, NEW.progress, NEW.attempts_made, NEW.crashes, NEW.claim, NEW.dispatch, NEW.run_at);
    RETURN NULL;
  END $$`,
  `CREATE OR REPLACE TRIGGER note_job AFTER INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION note_job()`,
];

export type ProbeApp = Awaited<ReturnType<typeof openProbeApp>>;

let loaded: string | undefined;

/** `queues/jobs.ts` reads the settings at import, so other settings need the product to be loaded anew. */
async function loadProduct(environment: Environment) {
  const asked = JSON.stringify(environment);
  if (loaded !== asked) jest.resetModules();
  loaded = asked;
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    return await import('../../src/config/config.module.js');
  } finally {
    process.env = before;
  }
}

/** Starts a process' worth of queues, with real `@Processor` classes that play `scripts`. */
export async function openProbeApp(
  driver: DriverUnderTest,
  settings: Environment,
  scripts: Scripts,
  processors: ProbeSet = 'all',
) {
  const { config, ConfigModule } = await loadProduct({ ...driver.environment, ...settings });
  const { NestFactory } = await import('@nestjs/core');
  const { DatabaseModule } = await import('../../src/database/database.module.js');
  const { Database } = await import('../../src/database/database.js');
  const { JobIntake } = await import('../../src/queues/job-intake.js');
  const { JobLedger } = await import('../../src/queues/job-ledger.js');
  const { JobObservers } = await import('../../src/queues/job-observers.js');
  const { JobCounts } = await import('../../src/queues/job-counts.js');
  const { JobQueries } = await import('../../src/queues/job-queries.js');
  const { QueuePause } = await import('../../src/queues/queue-pause.js');
  const { ProbeModule } = await import('./probe-processors.js');
  const { JOB_NAMES } = await import('../../src/queues/jobs.js');
  const errors = await import('../../src/queues/errors.js');

  const imports = [ConfigModule, DatabaseModule.forRoot(config, []), ...(await driver.queueModules())];
  const app = await NestFactory.create(ProbeModule.with(scripts, processors, imports), {
    logger: false,
    abortOnError: false,
  });
  const database = app.get(Database);
  const intake = app.get(JobIntake);
  const ledger = app.get(JobLedger);
  const queries = app.get(JobQueries);
  const counts = app.get(JobCounts);
  const pauses = app.get(QueuePause);
  const transitions: { jobId: string; kind: string }[] = [];
  for (const name of JOB_NAMES) {
    app.get(JobObservers).register(name, {
      onTransition: (_, job, transition) => {
        transitions.push({ jobId: job.id, kind: transition.kind });
        return Promise.resolve();
      },
    });
  }
  try {
    for (const statement of HISTORY) await database.query(statement);
    await app.init();
  } catch (error) {
    await app.close();
    throw error;
  }

  async function enqueue(name: JobName, userId: string, options: Partial<EnqueueOptions> & { platform?: string }) {
    const { platform = 'spotify', ...rest } = options;
    const data = name === 'extract-platform' ? { userId, platform } : { userId };
    return database.transaction((tx) => intake.enqueue(tx, name, data, { trigger: 'manual', ...rest }));
  }

  return {
    errors,
    database,
    intake,
    ledger,
    /** The transitions that the observers received. */
    transitions,

    async user(id: string, { premium = false } = {}): Promise<string> {
      await database.query('INSERT INTO users (id, premium) VALUES ($1, $2) ON CONFLICT DO NOTHING', [id, premium]);
      return id;
    },

    extraction: (userId: string, options: Partial<EnqueueOptions> & { platform?: string } = {}) =>
      enqueue('extract-platform', userId, options),

    build: (userId: string, options: Partial<EnqueueOptions> = {}) => enqueue('build-signature', userId, options),

    async job(id: string): Promise<JobWithState> {
      const job = await queries.find(id);
      if (!job) throw new Error(`No job ${id}`);
      return job;
    },

    /** The job when it is over. */
    async settled(id: string, waitMs = PATIENCE_MS): Promise<JobWithState> {
      const job = await queries.settled(id, waitMs);
      if (!job) throw new Error(`Job ${id} is not over: ${JSON.stringify(await queries.find(id))}`);
      return job;
    },

    /** The job once it satisfies the condition. */
    async when(id: string, condition: (job: JobWithState) => boolean): Promise<JobWithState> {
      const ask = async () => {
        const job = await this.job(id);
        return condition(job) && job;
      };
      return until(`job ${id} to be so: ${condition.toString()}`, ask, { everyMs: 20 });
    },

    counts: (): Promise<Record<QueueName, QueueCounts>> => counts.read(),
    pause: (queue: QueueName) => pauses.pause(queue),
    resume: (queue: QueueName) => pauses.resume(queue),
    cancel: (id: string) => database.transaction((tx) => ledger.cancel(tx, id)),

    /** Writes a row behind the product's back, to stand for a time that has passed or a process that has died. */
    alter: (id: string, assignments: string) => database.query(`UPDATE jobs SET ${assignments} WHERE id = $1`, [id]),

    history: (id: string): Promise<Revision[]> =>
      database.query<Revision>(
        `SELECT job_id AS "jobId", status, priority, progress, attempts_made AS "attemptsMade", crashes, claim, dispatch,
           (extract(epoch FROM run_at - began) * 1000)::float8 AS "waitMs", run_at AS "runAt", at
         FROM job_history WHERE job_id = $1 ORDER BY n`,
        [id],
      ),

    /** When jobs were handed to the driver, in milliseconds, to the microsecond: between these two times. */
    async dispatches(): Promise<{ jobId: string; priority: number; beganMs: number; atMs: number }[]> {
      return database.query(
        `SELECT job_id AS "jobId", priority, (extract(epoch FROM began) * 1000)::float8 AS "beganMs",
           (extract(epoch FROM at) * 1000)::float8 AS "atMs" FROM (
           SELECT *, lag(dispatch) OVER (PARTITION BY job_id ORDER BY n) AS before FROM job_history) AS revisions
         WHERE dispatch > before ORDER BY n`,
      );
    },

    /** Ends whatever a test left behind. */
    async clear(): Promise<void> {
      await database.query('UPDATE queues SET paused_at = NULL');
      await database.query(
        `UPDATE jobs SET status = 'cancelled', claim = claim + 1, finished_at = now() WHERE status IN ('waiting', 'active')`,
      );
    },

    close: () => app.close(),
  };
}
