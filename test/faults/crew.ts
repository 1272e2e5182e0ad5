import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobIntake } from '../../src/queues/job-intake.js';
import { JobObservers } from '../../src/queues/job-observers.js';
import { JobSignals } from '../../src/queues/job-signals.js';
import { builtFile, NODE_FLAGS, testProgram } from '../support/built-program.js';
import { Child } from '../support/child.js';
import { openDatabase, type OpenDatabase } from '../support/open-database.js';
import { inFull } from '../support/length.js';
import { PostgresServer, type TestDatabase } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { PATIENCE_MS, until } from '../support/until.js';
import { check, LOG_TABLES, type Verdict } from './ledger-log.js';

type Environment = Readonly<Record<string, string>>;

interface CrewOptions {
  readonly env?: Environment;
  /** As on the command line of redis-server. */
  readonly redis?: readonly string[];
  /** A PostgreSQL that keeps what it has committed when it crashes. */
  readonly durable?: boolean;
  /** Each job saves so many pieces of work, one every so many milliseconds. */
  readonly pieces?: number;
  readonly pieceMs?: number;
}

/** Jobs are enqueued by this many at once. */
const LANES = 10;

/**
 * Worker processes on a PostgreSQL and a Redis of their own, harmed by nobody else; in short a PostgreSQL that is not to be
 * harmed is that of all suites. Jobs are accepted by the ledger in
 * the tests' process, which has no dispatcher: the workers have to find them.
 */
export class Crew {
  readonly workers: Child[] = [];
  /** Ids of the jobs whose enqueueing was answered. */
  readonly accepted = new Set<string>();
  private people = 0;
  private doubtful = false;

  private constructor(
    readonly redis: RedisServer,
    readonly postgres: PostgresServer,
    readonly database: TestDatabase,
    private readonly own: OpenDatabase,
    private readonly intake: JobIntake,
    private readonly env: Environment,
    private readonly folder: string,
    readonly pieces: number,
  ) {}

  static async start(options: CrewOptions = {}): Promise<Crew> {
    const { env = {}, redis: settings = [], durable = false, pieces = 3, pieceMs = 50 } = options;
    // Servers that are to be harmed are never the given ones.
    const [redis, postgres] = await Promise.all([
      RedisServer.start(['--maxmemory-policy', 'noeviction', ...settings]),
      PostgresServer.start({ durable, own: inFull(true, durable) }),
    ]);
    const database = await postgres.createDatabase();
    const own = await openDatabase({ url: database.url });
    for (const statement of LOG_TABLES) await database.query(statement);
    const observers = new JobObservers();
    observers.register('extract-platform', {
      onTransition: async (tx, job, { kind }) => {
        await tx.query('INSERT INTO outcomes (job_id, kind) VALUES ($1, $2)', [job.id, kind]);
      },
    });
    const intake = new JobIntake(observers, new JobSignals());
    const folder = mkdtempSync(join(tmpdir(), 'soul-crew-'));
    const all = {
      ROLE: 'worker',
      BUILT: builtFile('.'),
      DATA_DIR: folder,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      EXTRACTION_RATE_MAX: '0',
      JWT_SECRET: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'warn',
      PIECES: String(pieces),
      PIECE_MS: String(pieceMs),
      ...env,
    };
    return new Crew(redis, postgres, database, own, intake, all, folder, pieces);
  }

  /**
   * One more worker process; resolves when it takes jobs.
   * @param enter what goes before its command
   */
  async worker(env: Environment = {}, enter: readonly string[] = []): Promise<Child> {
    const child = this.program(env, enter);
    this.workers.push(child);
    await until('a worker to be ready', () => {
      if (!child.isRunning) throw new Error(`It ended:\n${child.output}`);
      return child.lines.includes('ready');
    });
    return child;
  }

  /** An api process that dies in the middle of accepting jobs, right after a commit. What it has committed is accepted */
  async acceptAndDie(jobs: number): Promise<Child> {
    const child = this.program({ ROLE: 'api', ACCEPT: String(jobs), FIRST: `${this.people}-` });
    this.people += 1;
    await child.ended;
    for (const { id } of await this.database.query('SELECT id FROM jobs')) this.accepted.add(id as string);
    return child;
  }

  get running(): readonly Child[] {
    return this.workers.filter((worker) => worker.isRunning);
  }

  /** The workers that run a job just now; undefined if none does. */
  async busy(): Promise<readonly [Child, ...Child[]] | undefined> {
    const rows = await this.database.query(
      `SELECT DISTINCT starts.pid FROM jobs JOIN starts ON starts.job_id = jobs.id AND starts.claim = jobs.claim
       WHERE jobs.status = 'active'`,
    );
    const [first, ...others] = this.running.filter((worker) => rows.some(({ pid }) => pid === worker.pid));
    return first && [first, ...others];
  }

  /** Enqueues jobs of a new person each. One that is refused is not accepted; it may be there all the same. */
  async accept(jobs: number, { name = 'person', priority = 5, platform = 'spotify' } = {}): Promise<void> {
    let left = jobs;
    const lane = async () => {
      while (left > 0) {
        left -= 1;
        await this.acceptOne(`${name}-${this.people++}`, platform, priority);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  private async acceptOne(userId: string, platform: string, priority: number): Promise<void> {
    try {
      const id = await this.own.database.transaction(async (tx) => {
        await tx.query('INSERT INTO users (id, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING', [userId]);
        const data = { userId, platform };
        return (await this.intake.enqueue(tx, 'extract-platform', data, { trigger: 'manual', priority })).job.id;
      });
      this.accepted.add(id);
    } catch {
      this.doubtful = true;
    }
  }

  /** How many jobs have each status. */
  async statuses(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.database.query('SELECT status, count(*)::int AS count FROM jobs GROUP BY status');
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  async countOf(status: string): Promise<number> {
    return (await this.statuses())[status] ?? 0;
  }

  /** How many first runs were taken from their workers; undefined while others of them go on. */
  async lostRuns(): Promise<{ readonly count: number } | undefined> {
    const [{ running, count }] = await this.database.query(
      `SELECT count(*) FILTER (WHERE claim = 1 AND status = 'active')::int AS running,
         count(*) FILTER (WHERE claim > 1)::int AS count FROM jobs`,
    );
    return running === 0 ? { count } : undefined;
  }

  /** Resolves when no job waits or runs. */
  async idle(limitMs = PATIENCE_MS): Promise<void> {
    const over = async () => {
      const { waiting = 0, active = 0 } = await this.statuses();
      return waiting + active === 0;
    };
    await until('all jobs to be over', over, { limitMs, everyMs: 200 });
  }

  /** What became of everything accepted, printed as well. */
  async check(what: string): Promise<Verdict> {
    const verdict = await check(this.database, this.accepted, { pieces: this.pieces, doubtful: this.doubtful });
    const counts = Object.entries(verdict).map(([name, count]) => `${name} ${count}`);
    console.info(`${what}: ${this.accepted.size} accepted, ${counts.join(', ')}`);
    if (verdict.lost > 0) console.info('Lost:', await this.lost());
    return verdict;
  }

  /** Accepted jobs that did not complete, with everything that happened to them. */
  private lost(): Promise<unknown[]> {
    return this.database.query(
      `SELECT id, status, error_code, error_message, attempts_made, crashes, claim,
         (SELECT json_agg(concat_ws(' ', status, claim, crashes, at::time) ORDER BY n) FROM job_log WHERE job_id = jobs.id)::text AS log
       FROM jobs WHERE id = ANY($1) AND status <> 'completed'`,
      [[...this.accepted]],
    );
  }

  /** Ends everything that was started for it. */
  async stop(): Promise<void> {
    for (const worker of this.running) worker.signal('SIGCONT');
    await Promise.all(this.running.map((worker) => worker.end('SIGTERM')));
    await this.own.close();
    await this.database.drop();
    await Promise.all([this.redis.stop(), this.postgres.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private program(env: Environment, enter: readonly string[] = []): Child {
    const [command, ...args] = [
      ...enter,
      process.execPath,
      ...NODE_FLAGS,
      testProgram('test/faults/program.js'),
    ] as const;
    return new Child(command, args, { env: { ...this.env, ...env } });
  }
}

/** The findings of the total-queue checker for a run without lost or repeated effects. */
export const CLEAN = { lost: 0, duplicated: 0, unexpected: 0, halfWritten: 0, gaps: 0 };
