import { setTimeout as sleep } from 'node:timers/promises';
import { PRIORITY } from '../../src/queues/jobs.js';
import { RENEW_EVERY_MS } from '../../src/queues/leases.js';
import { randomOf } from '../support/planted-users.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS } from '../support/length.js';

jest.setTimeout(600_000);

/** Longer than a lease. */
const AWAY_MS = 22_000;

describe('An outage of PostgreSQL', () => {
  let crew: Crew;
  afterEach(() => crew.stop());

  it.each(SEEDS)(
    'is no death of those who run jobs, for a process that starts at its end (R28, seed %d)',
    async (seed) => {
      const random = randomOf(seed);
      crew = await Crew.start({ pieces: 1, pieceMs: AWAY_MS + 20_000 });
      await crew.worker();
      await crew.accept(10, { priority: PRIORITY.first });
      await until('10 jobs to run', async () => (await crew.countOf('active')) === 10);
      const begun = performance.now();
      await sleep(1_000 + RENEW_EVERY_MS * random()); // The claims are on the disk.
      await crew.postgres.crash();
      await sleep(AWAY_MS);
      // It comes back when every lease should just have been renewed, and had run out long before the next time.
      await sleep(RENEW_EVERY_MS - ((performance.now() - begun) % RENEW_EVERY_MS) + 200);
      await crew.postgres.startAgain();
      await crew.worker();
      const taken = await until('the runs to be over, or taken away', () => crew.lostRuns());
      console.info(`PostgreSQL away for ${AWAY_MS / 1_000} s: ${taken.count} of 10 runs taken away`);
      expect(taken.count).toBe(0);
      expect(await crew.check('after it')).toMatchObject({ ...CLEAN, recovered: 0 });
    },
  );
});
