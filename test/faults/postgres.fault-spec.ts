import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../support/planted-users.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

describe('a PostgreSQL that holds the truth', () => {
  let crew: Crew;
  afterEach(() => crew.stop());

  /** Goes on asking until so many jobs are accepted. */
  const accept = async (jobs: number) => {
    while (crew.accepted.size < jobs) {
      await crew.accept(Math.min(20, jobs - crew.accepted.size));
      await sleep(100);
    }
  };

  it.each(SEEDS)('may crash under load, again and again (R9, seed %d)', async (seed) => {
    const random = randomOf(seed);
    const jobs = inFull(600, 200);
    crew = await Crew.start({ durable: true, pieces: 3, pieceMs: 100 });
    const workers = await Promise.all([crew.worker(), crew.worker()]);
    const accepting = accept(jobs);
    for (let crash = 0; crash < inFull(3, 1); crash++) {
      await sleep(1_000 + 2_000 * random());
      await crew.postgres.crash();
      await sleep(1_000 * random());
      await crew.postgres.startAgain();
    }
    await accepting;
    await crew.idle(240_000);
    expect(await crew.check(`PostgreSQL crashed ${inFull(3, 1)} times, seed ${seed}`)).toMatchObject(CLEAN);
    for (const worker of workers) expect([worker.isRunning, worker.output]).toEqual([true, expect.anything()]);
  });

  it.each(SEEDS)('may cut off everybody twice a second (R10, seed %d)', async (seed) => {
    const random = randomOf(seed);
    const jobs = inFull(600, 200);
    crew = await Crew.start({ pieces: 3, pieceMs: 100 });
    const workers = await Promise.all([crew.worker(), crew.worker()]);
    const accepting = accept(jobs);
    let cut = 0;
    for (const end = Date.now() + inFull(30_000, 8_000); Date.now() < end;) {
      const [row] = await crew.database.query(
        `SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      cut += row.cut as number;
      await sleep(400 + 200 * random());
    }
    await accepting;
    await crew.idle(240_000);
    expect(await crew.check(`${cut} backends terminated, seed ${seed}`)).toMatchObject(CLEAN);
    for (const worker of workers) expect([worker.isRunning, worker.output]).toEqual([true, expect.anything()]);
    expect(cut).toBeGreaterThan(10);
  });
});
