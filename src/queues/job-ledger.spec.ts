import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { RateLimitedError } from './errors.js';
import { JobIntake } from './job-intake.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';

describe('The ledger', () => {
  let open: OpenDatabase;
  let ledger: JobLedger;
  let intake: JobIntake;

  beforeAll(async () => {
    open = await openDatabase();
    const [observers, signals] = [new JobObservers(), new JobSignals()];
    ledger = new JobLedger(open.database, observers, signals);
    intake = new JobIntake(observers, signals);
    await open.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });
  afterAll(() => open.close());

  it('lets a job wait as long as a provider asked, however wrong the clock of the process is', async () => {
    const { database } = open;
    const { job } = await database.transaction((tx) =>
      intake.enqueue(tx, 'extract-platform', { userId: 'ana', platform: 'spotify' }, { trigger: 'manual' }),
    );
    await database.query('UPDATE jobs SET dispatched_at = now()');
    const claimed = await ledger.claim('extract-platform', { jobId: job.id, dispatch: job.dispatch });
    const wrong = Date.now() - 3_600_000;
    const until = new Date(wrong + 60_000);
    // Once: the clock of the embedded database is that of the process too.
    const clock = jest.spyOn(Date, 'now').mockReturnValueOnce(wrong);
    await ledger.snooze(claimed!, new RateLimitedError(until, 'slow down'), until);
    clock.mockRestore();
    const [row] = await database.query(
      `SELECT status, round(extract(epoch FROM run_at - now()) / 10)::int * 10 AS seconds, snoozed_until = run_at AS told
       FROM jobs`,
    );
    expect(row).toEqual({ status: 'waiting', seconds: 60, told: true });
  });

  it('writes nothing that a running job changes into an index', async () => {
    const indexes = await open.database.query<{ definition: string }>(
      `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = 'jobs'::regclass`,
    );
    expect(indexes.length).toBeGreaterThan(5);
    for (const { definition } of indexes) {
      expect(definition).not.toMatch(/lease_until|checkpoint|progress|items|warnings|attempts_made/);
    }
  });
});
