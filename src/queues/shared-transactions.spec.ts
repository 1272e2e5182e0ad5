import '../../test/support/own-data-folder.js';
import { Client } from 'pg';
import { Database } from '../database/database.js';
import { openDataSource } from '../database/data-source.js';
import { parseConfig } from '../config/config.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { until } from '../../test/support/until.js';
import { FencedError } from './errors.js';
import type { Job } from './job.entity.js';
import { JobIntake } from './job-intake.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers, type Transition } from './job-observers.js';
import { JobSignals } from './job-signals.js';

const PEOPLE = 12;

/** CommandComplete with the tag COMMIT ("Message Formats" in PostgreSQL's manual). */
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0', 'latin1');

describe('Jobs that are claimed or completed together', () => {
  let server: PostgresServer;
  let testDatabase: TestDatabase;
  let proxy: TcpProxy;
  let database: Database;
  let ledger: JobLedger;
  let intake: JobIntake;
  let jobs: Job[];
  let close: () => Promise<void>;
  let seen: string[];
  let failing: string | undefined;
  /** Cuts a connection instead of passing on the answer to a COMMIT. */
  let losesCommits = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
    testDatabase = await server.createDatabase();
    proxy = await TcpProxy.start(new URL(testDatabase.url), {
      cuts: (answer) => losesCommits > 0 && answer.includes(COMMITTED) && losesCommits-- > 0,
    });
    const url = new URL(testDatabase.url);
    url.port = String(proxy.port);
    const dataSource = await openDataSource(parseConfig({ DATABASE_URL: url.href }), []);
    database = new Database(dataSource);
    const [observers, signals] = [new JobObservers(), new JobSignals()];
    observers.register('extract-platform', {
      onTransition: (tx, job, { kind }: Transition) => {
        if (job.userId === failing) return Promise.reject(new Error(`${failing} fails`));
        tx.beforeCommit(() => ({ sql: 'UPDATE users SET seq = seq + 1 WHERE id = $1', parameters: [job.userId] }));
        tx.afterCommit(() => seen.push(`${job.userId} ${kind}`));
        return Promise.resolve();
      },
    });
    ledger = new JobLedger(database, observers, signals);
    intake = new JobIntake(observers, signals);
    close = async () => {
      await dataSource.destroy();
      await proxy.refuse();
      await testDatabase.drop();
      await server.stop();
    };
  });
  afterAll(() => close());

  beforeEach(async () => {
    await database.query('DELETE FROM users');
    failing = undefined;
    seen = [];
    await database.query(`INSERT INTO users (id) SELECT 'person ' || n FROM generate_series(10, $1::int) AS n`, [
      9 + PEOPLE,
    ]);
    const data = Array.from({ length: PEOPLE }, (_, n) => ({ userId: `person ${10 + n}`, platform: 'spotify' }));
    const added = await database.transaction((tx) =>
      intake.enqueueMany(tx, 'extract-platform', data, { trigger: 'manual' }),
    );
    jobs = added.map(({ job }) => job);
    await database.query('UPDATE jobs SET dispatched_at = now()');
  });

  const claim = ({ id, dispatch }: Job) => ledger.claim('extract-platform', { jobId: id, dispatch });
  const complete = (job: Job | undefined) => ledger.complete(job as Job<'extract-platform'>, { items: 1 });
  const transactions = async () => {
    const rows = await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM jobs GROUP BY xmin::text');
    return rows.map(({ rows: each }) => each);
  };
  const seenTimes = (kind: string) =>
    jobs.map(({ userId }) => seen.filter((each) => each === `${userId} ${kind}`).length);
  const once = Array<number>(PEOPLE).fill(1);

  it('share one transaction, and each has what belongs to it', async () => {
    const claimed = await Promise.all(jobs.map(claim));
    expect(claimed.map((job) => job?.id)).toEqual(jobs.map(({ id }) => id));
    expect(await transactions()).toEqual([PEOPLE]);
    const completed = await Promise.all(
      claimed.map((job, n) => ledger.complete(job as Job<'extract-platform'>, { items: n })),
    );
    expect(completed.map(({ result }) => result)).toEqual(jobs.map((_, n) => ({ items: n })));
    expect(await transactions()).toEqual([PEOPLE]);
    expect([seenTimes('started'), seenTimes('completed')]).toEqual([once, once]);
  });

  it('are claimed once by two equal hints, and not at all by an old one', async () => {
    const [first, second] = jobs;
    const old = { jobId: second!.id, dispatch: second!.dispatch - 1 };
    const claims = [claim(first!), claim(first!), ledger.claim('extract-platform', old), claim(second!)];
    const claimed = await Promise.all(claims);
    expect(claimed.map((job) => job?.id)).toEqual([first!.id, undefined, undefined, second!.id]);
  });

  it('do not wait for one whose row, or whose person, is locked', async () => {
    const other = new Client(testDatabase.url);
    await other.connect();
    await other.query('BEGIN');
    await other.query(`SELECT FROM jobs WHERE id = $1 FOR UPDATE`, [jobs[0]!.id]);
    await other.query(`SELECT FROM users WHERE id = $1 FOR UPDATE`, [jobs[1]!.userId]);
    const claims = jobs.map(claim);
    await Promise.all(claims.slice(2));
    const held = await Promise.race([Promise.any(claims.slice(0, 2)), Promise.resolve('both wait')]);
    expect(held).toBe('both wait');
    await other.query('COMMIT');
    await other.end();
    expect((await Promise.all(claims)).map((job) => job?.id)).toEqual(jobs.map(({ id }) => id));
    expect(seenTimes('started')).toEqual(once);
  });

  it('fail one by one', async () => {
    failing = jobs[3]!.userId;
    const claims = await Promise.allSettled(jobs.map(claim));
    expect(claims.map(({ status }) => status === 'fulfilled')).toEqual(jobs.map((_, n) => n !== 3));
  });

  it('are fenced off one by one', async () => {
    const claimed = await Promise.all(jobs.map(claim));
    await database.query('UPDATE jobs SET claim = claim + 1 WHERE id = $1', [jobs[5]!.id]);
    const ends = await Promise.allSettled(claimed.map(complete));
    expect(ends.map(({ status }) => status === 'fulfilled')).toEqual(jobs.map((_, n) => n !== 5));
    expect((ends[5] as PromiseRejectedResult).reason).toBeInstanceOf(FencedError);
    expect(await database.query(`SELECT id FROM jobs WHERE status = 'active'`)).toEqual([{ id: jobs[5]!.id }]);
  });

  it('are claimed and completed once when the answer to their COMMIT gets lost', async () => {
    losesCommits = 1;
    const claimed = await Promise.all(jobs.map(claim));
    expect(losesCommits).toBe(0);
    expect(claimed.map((job) => job?.claim)).toEqual(once);
    losesCommits = 1;
    const completed = await Promise.all(claimed.map(complete));
    expect(losesCommits).toBe(0);
    expect(completed.map(({ status }) => status)).toEqual(jobs.map(() => 'completed'));
    const counts = await database.query(`SELECT DISTINCT claim, attempts_made, crashes FROM jobs`);
    expect(counts).toEqual([{ claim: 1, attempts_made: 1, crashes: 0 }]);
    const numbers = await database.query('SELECT DISTINCT seq FROM users');
    expect(numbers).toEqual([{ seq: 3 }]); // One more for each transition that was stored.
  });

  it('are claimed once when their connection is lost while the COMMIT is under way', async () => {
    await database.query(
      `CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$`,
    );
    await database.query(
      `CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
       WHEN (new.status = 'active' AND new.user_id = 'person 10') EXECUTE FUNCTION take_long()`,
    );
    const claims = Promise.all(jobs.map(claim));
    const commits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query = 'COMMIT' AND wait_event = 'PgSleep'`;
    await until('the COMMIT', async () => (await testDatabase.query(commits)).length === 1);
    await proxy.refuse();
    await proxy.open();
    expect((await claims).map((job) => job?.id)).toEqual(jobs.map(({ id }) => id));
    expect(await database.query('SELECT DISTINCT claim, seq FROM jobs JOIN users ON users.id = user_id')).toEqual([
      { claim: 1, seq: 2 },
    ]);
  });
});
