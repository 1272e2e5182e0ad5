import { Logger } from '@nestjs/common';
import type { ClockRepair } from './clock-repair.js';
import { Dispatcher } from './dispatcher.js';
import type { DueJobs } from './due-jobs.js';
import type { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import type { QueueDriver } from './queue-driver.js';

const away = () => Promise.reject(new Error('the database is away'));

describe('A dispatcher', () => {
  let dispatcher: Dispatcher;
  let database: 'here' | 'away';
  let reclaimed: number[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    jest.useFakeTimers();
    [database, reclaimed] = ['here', []];
    const answering =
      <Answer>(answer: Answer) =>
      () =>
        database === 'here' ? Promise.resolve(answer) : away();
    const jobs = {
      takeDue: answering([]),
      takeUnclaimed: answering([]),
      nextDueInMs: answering(undefined),
    } as Partial<DueJobs> as DueJobs;
    const recovery = {
      reclaimExpiredLeases: () => {
        reclaimed.push(Math.round(performance.now() / 1_000));
        return answering(false)();
      },
      expire: answering(false),
    } as Partial<JobRecovery> as JobRecovery;
    const clock = { followClock: answering(false) } as Partial<ClockRepair> as ClockRepair;
    const driver = { room: () => 1 } as Partial<QueueDriver> as QueueDriver;
    dispatcher = new Dispatcher(jobs, recovery, clock, driver, new JobSignals());
    dispatcher.start();
  });
  afterEach(async () => {
    await dispatcher.stop();
    jest.useRealTimers();
  });

  const seconds = (count: number) => jest.advanceTimersByTimeAsync(count * 1_000);

  it('gives the living time to renew their leases when it starts, since an outage may just have ended', async () => {
    await seconds(6);
    expect(reclaimed).toEqual([]);
    await seconds(4);
    expect(reclaimed.length).toBeGreaterThanOrEqual(2);
  });

  it('takes jobs from the dead every second', async () => {
    await seconds(10);
    reclaimed = [];
    await seconds(5);
    expect(reclaimed.length).toBeGreaterThanOrEqual(5);
  });

  it('goes on as before when the database was away for a moment', async () => {
    await seconds(10);
    database = 'away';
    await seconds(3);
    database = 'here';
    reclaimed = [];
    await seconds(3);
    expect(reclaimed.length).toBeGreaterThanOrEqual(2);
  });

  it('gives the living time to renew their leases when it was away for longer', async () => {
    await seconds(10);
    database = 'away';
    await seconds(20);
    database = 'here';
    reclaimed = [];
    await seconds(6);
    expect(reclaimed).toEqual([]);
    await seconds(4);
    expect(reclaimed.length).toBeGreaterThanOrEqual(2);
  });
});
