import '../../test/support/own-data-folder.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { until } from '../../test/support/until.js';
import { FencedError } from './errors.js';
import { JobObservers } from './job-observers.js';
import { JobRecovery } from './job-recovery.js';
import { JobSignals } from './job-signals.js';
import { Leases } from './leases.js';

/** On a real server, where others can lock rows. The runs are of suspects, whose leases are renewed every second. */
describe('Leases', () => {
  let open: OpenDatabase;
  let leases: Leases;
  let ids: string[];
  let aborted: unknown[];
  let ends: (() => void)[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    open = await openDatabase({ embedded: false });
    await open.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    await open.database.query('DELETE FROM jobs');
    const rows = await open.database.query<{ id: string }>(
      `INSERT INTO jobs (id, name, queue, user_id, data, trigger, max_attempts, priority, run_at, status, claim, crashes, lease_until)
       SELECT gen_random_uuid(), 'build-signature', 'soul-signature', 'ana', '{}', 'manual', 3, 5, now(), 'active', 1, 1, now()
       FROM generate_series(1, 3) RETURNING id`,
    );
    ids = rows.map(({ id }) => id);
    aborted = ids.map(() => undefined);
    leases = new Leases(open.machinery);
    ends = ids.map((id, n) =>
      leases.keep({ job: { id, claim: 1, crashes: 1 }, abort: (reason) => (aborted[n] = reason) }),
    );
  });
  afterEach(() => ends.forEach((end) => end()));

  /** Which of the jobs have a lease. */
  const kept = async () => {
    const rows = await open.database.query<{ id: string }>('SELECT id FROM jobs WHERE lease_until > now()');
    return ids.map((id) => rows.some((row) => row.id === id));
  };
  const untilKept = (expected: boolean[]) =>
    until(`leases ${expected.join()}`, async () => JSON.stringify(await kept()) === JSON.stringify(expected));
  const runOut = () => open.database.query(`UPDATE jobs SET lease_until = now() - interval '1 s'`);

  it('of all runs are renewed', async () => {
    await untilKept([true, true, true]);
    await runOut();
    await untilKept([true, true, true]);
    expect(aborted).toEqual([undefined, undefined, undefined]);
  });

  it('that are lost abort their runs, and no other', async () => {
    await open.database.query('UPDATE jobs SET claim = 2 WHERE id = $1', [ids[0]]);
    await open.database.query(`UPDATE jobs SET status = 'cancelled' WHERE id = $1`, [ids[1]]);
    await untilKept([false, false, true]);
    expect(aborted).toEqual([expect.any(FencedError), expect.any(FencedError), undefined]);
  });

  it('are not waited for behind a lock, and renewed before anybody takes the job away when it is released', async () => {
    const recovery = new JobRecovery(open.machinery, new JobObservers(), new JobSignals());
    await open.database.transaction(async (tx) => {
      await tx.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [ids[0]]);
      await untilKept([false, true, true]);
      // It has run out for as long as it takes to take a job away.
      for (let n = 0; n < 10; n++) await Promise.all([recovery.reclaimExpiredLeases(), sleep(200)]);
    });
    await until('the lease to be renewed', async () => {
      await recovery.reclaimExpiredLeases();
      return (await kept())[0];
    });
    expect(await open.database.query('SELECT DISTINCT claim FROM jobs')).toEqual([{ claim: 1 }]);
    expect(aborted).toEqual([undefined, undefined, undefined]);
  });

  it('of dead runs are taken away', async () => {
    const recovery = new JobRecovery(open.machinery, new JobObservers(), new JobSignals());
    ends[0]?.();
    await until('the job to be taken away', async () => {
      await recovery.reclaimExpiredLeases();
      const rows = await open.database.query('SELECT FROM jobs WHERE id = $1 AND claim = 2 AND crashes = 2', [ids[0]]);
      return rows.length === 1;
    });
    expect(await kept()).toEqual([false, true, true]);
  });
});
