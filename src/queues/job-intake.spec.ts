import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { DeadLetters } from './dead-letters.js';
import { PermanentError } from './errors.js';
import { JobIntake } from './job-intake.js';
import { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import type { JobName } from './jobs.js';

describe('Adding a job', () => {
  let open: OpenDatabase;
  let ledger: JobLedger;
  let intake: JobIntake;
  let deadLetters: DeadLetters;

  beforeAll(async () => {
    open = await openDatabase();
    const [observers, signals] = [new JobObservers(), new JobSignals()];
    ledger = new JobLedger(open.database, observers, signals);
    intake = new JobIntake(observers, signals);
    deadLetters = new DeadLetters(open.database, observers, signals);
    await open.database.query(`INSERT INTO users (id) VALUES ('ana'), ('ana two')`);
  });
  beforeEach(() => open.database.query('DELETE FROM jobs'));
  afterAll(() => open.close());

  const extraction = (platform: string, userId = 'ana') =>
    open.database.transaction((tx) =>
      intake.enqueue(tx, 'extract-platform', { userId, platform }, { trigger: 'manual' }),
    );
  const build = () =>
    open.database.transaction((tx) => intake.enqueue(tx, 'build-signature', { userId: 'ana' }, { trigger: 'manual' }));
  const claim = async <Name extends JobName>(name: Name, jobId: string) => {
    await open.database.query('UPDATE jobs SET dispatched_at = now() WHERE id = $1', [jobId]);
    const [row] = await open.database.query<{ dispatch: number }>('SELECT dispatch FROM jobs WHERE id = $1', [jobId]);
    const job = await ledger.claim(name, { jobId, dispatch: row?.dispatch ?? -1 });
    if (!job) throw new Error(`Nothing to claim of ${jobId}`);
    return job;
  };
  const failed = async (name: JobName, jobId: string) =>
    ledger.fail(await claim(name, jobId), new PermanentError('NO', 'no'));

  it('returns the one with the same key until that has ended, where the table says so', async () => {
    const first = await extraction('spotify');
    const job = await claim('extract-platform', first.job.id);
    expect(await extraction('spotify')).toMatchObject({ created: false, job: { id: job.id } });
    await ledger.complete(job, { items: 0 });
    expect((await extraction('spotify')).created).toBe(true);
  });

  it('returns the one with the same key until that has started, where the table says so', async () => {
    const first = await build();
    expect(await build()).toMatchObject({ created: false, job: { id: first.job.id } });
    await claim('build-signature', first.job.id);
    expect((await build()).created).toBe(true);
  });

  it('gives a job without an expiry none when it is asked for again', async () => {
    await build();
    expect((await build()).job.expiresAt).toBeNull();
  });

  it('adds another one for another key', async () => {
    expect((await extraction('spotify')).created).toBe(true);
    expect((await extraction('github')).created).toBe(true);
    expect((await extraction('spotify', 'ana two')).created).toBe(true);
  });

  it('keeps its data for the run', async () => {
    const { job } = await extraction('spotify');
    expect((await claim('extract-platform', job.id)).data).toEqual({ userId: 'ana', platform: 'spotify' });
  });

  it('refuses data that are not those of its kind', async () => {
    const wrong = { userId: 'ana', platform: 7 } as unknown as { userId: string; platform: string };
    const adding = open.database.transaction((tx) =>
      intake.enqueue(tx, 'extract-platform', wrong, { trigger: 'manual' }),
    );
    await expect(adding).rejects.toThrow('platform');
    expect(await open.database.query('SELECT FROM jobs')).toHaveLength(0);
  });

  it('returns the dead letter with the same key that is being retried', async () => {
    const { job } = await build();
    await failed('build-signature', job.id);
    expect(await deadLetters.retry(job.id)).toBeUndefined();
    expect(await build()).toMatchObject({ created: false, job: { id: job.id } });
  });

  it.each(['extract-platform', 'build-signature'] as const)(
    'keeps an older dead letter of %s from being retried, which names the newer job',
    async (name) => {
      const ask = () => (name === 'build-signature' ? build() : extraction('spotify'));
      const older = await ask();
      await failed(name, older.job.id);
      const newer = await ask();
      expect(await deadLetters.retry(older.job.id)).toEqual({ reason: 'superseded', by: newer.job.id });
      expect(await open.database.query(`SELECT id FROM jobs WHERE status = 'waiting'`)).toEqual([{ id: newer.job.id }]);
    },
  );
});
