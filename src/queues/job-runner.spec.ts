import { Logger } from '@nestjs/common';
import { parseConfig } from '../config/config.js';
import { TransientDatabaseError } from '../database/failures.js';
import type { Database } from '../database/database.js';
import type { Job } from './job.entity.js';
import type { JobLedger } from './job-ledger.js';
import { JobObservers } from './job-observers.js';
import { FencedError } from './errors.js';
import { JobRunner, type BullJob } from './job-runner.js';
import type { Leases } from './leases.js';

const HINT = {
  name: 'build-signature',
  data: { jobId: 'j', dispatch: 1, userId: 'ana' },
} as BullJob<'build-signature'>;
const JOB = {
  id: 'j',
  name: 'build-signature',
  data: { userId: 'ana' },
  claim: 1,
  attemptsMade: 0,
  maxAttempts: 3,
  crashes: 0,
  items: 0,
  runAt: new Date(),
};
const RESULT = { version: 1, changed: true };

/** A runner on a ledger whose answers the test gives. */
const runnerOn = (ledger: Partial<Record<keyof JobLedger, unknown>>) => {
  const leases = { keep: () => () => undefined } as Partial<Leases> as Leases;
  const database = { forRun: (work) => work() } as Partial<Database> as Database;
  const config = parseConfig({ SHUTDOWN_TIMEOUT_MS: '1000' });
  return new JobRunner(ledger as JobLedger, leases, database, new JobObservers(), config);
};

describe('A runner', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('does not end before a job that it is just taking, which is handed back like any other', async () => {
    const told: string[] = [];
    let answer = (_: Job) => {};
    const runner = runnerOn({
      claim: () => new Promise<Job>((resolve) => (answer = resolve)),
      handBack: () => Promise.resolve(told.push('handed back')),
    });
    const run = runner
      .run(HINT, () => new Promise(() => undefined))
      .catch((error: unknown) => told.push((error as Error).name));
    const drained = runner.drain().then(() => told.push('drained'));
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // Longer than the shutdown waits for runs.
    expect(told).toEqual([]);
    answer(JOB as Job);
    await Promise.all([run, drained]);
    expect(told.slice(0, 2)).toEqual(['handed back', 'ShutdownError']);
    expect(told.at(-1)).toBe('drained');
  });

  it('has the queue keep nothing of a job that was taken away, before its run or during it', async () => {
    const hint = () => ({ ...HINT, opts: { removeOnComplete: 100, removeOnFail: 200 } }) as BullJob<'build-signature'>;
    const gone = { removeOnComplete: true, removeOnFail: true };
    const late = hint();
    expect(await runnerOn({ claim: () => Promise.resolve(undefined) }).run(late, jest.fn())).toEqual({ skipped: true });
    expect(late.opts).toEqual(gone);
    const fenced = hint();
    const runner = runnerOn({ claim: () => Promise.resolve(JOB) });
    await expect(runner.run(fenced, () => Promise.reject(new FencedError('gone')))).rejects.toThrow('gone');
    expect(fenced.opts).toEqual(gone);
    const dropped = hint();
    const dropping = runnerOn({
      claim: () => Promise.resolve(JOB),
      retry: () => Promise.reject(new FencedError('gone')),
    });
    await expect(dropping.run(dropped, () => Promise.reject(new Error('once')))).rejects.toThrow('once');
    expect(dropped.opts).toEqual(gone);
    const failed = hint();
    const failing = runnerOn({ claim: () => Promise.resolve(JOB), retry: () => Promise.resolve(JOB) });
    await expect(failing.run(failed, () => Promise.reject(new Error('once')))).rejects.toThrow('once');
    expect(failed.opts).toEqual({ removeOnComplete: 100, removeOnFail: 200 });
  });

  it('stores an outcome as soon as a database that went down is back', async () => {
    const down = new TransientDatabaseError(Object.assign(new Error('terminating connection'), { code: '57P01' }));
    const complete = jest
      .fn()
      .mockRejectedValueOnce(down)
      .mockResolvedValue({ ...JOB, items: 0 });
    const retry = jest.fn();
    const runner = runnerOn({ claim: () => Promise.resolve(JOB), complete, retry });
    expect(await runner.run(HINT, () => Promise.resolve(RESULT))).toEqual(RESULT);
    expect([complete.mock.calls.length, retry.mock.calls.length]).toEqual([2, 0]);
  });

  it('does not insist on an outcome that the database refuses', async () => {
    const complete = jest.fn().mockRejectedValue(Object.assign(new Error('refused'), { code: '23505' }));
    const retry = jest.fn().mockResolvedValue(JOB);
    const runner = runnerOn({ claim: () => Promise.resolve(JOB), complete, retry });
    await expect(runner.run(HINT, () => Promise.resolve(RESULT))).rejects.toThrow('refused');
    expect([complete.mock.calls.length, retry.mock.calls.length]).toEqual([1, 1]);
  });

  it('does not run a job whose data are not those of its kind, and does not try it again', async () => {
    const handler = jest.fn();
    const fail = jest.fn().mockResolvedValue(JOB);
    const runner = runnerOn({ claim: () => Promise.resolve({ ...JOB, data: { user: 'ana' } }), fail });
    await expect(runner.run(HINT, handler)).rejects.toMatchObject({ code: 'JOB_DATA_INVALID' });
    expect([handler.mock.calls.length, fail.mock.calls.length]).toEqual([0, 1]);
  });

  it('takes a result that is not that of its kind for a failed attempt', async () => {
    const complete = jest.fn();
    const retry = jest.fn().mockResolvedValue(JOB);
    const runner = runnerOn({ claim: () => Promise.resolve(JOB), complete, retry });
    const wrong = { items: 1 } as unknown as typeof RESULT;
    await expect(runner.run(HINT, () => Promise.resolve(wrong))).rejects.toThrow('version');
    expect([complete.mock.calls.length, retry.mock.calls.length]).toEqual([0, 1]);
  });
});
