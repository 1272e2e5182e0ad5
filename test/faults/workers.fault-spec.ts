import { setTimeout as sleep } from 'node:timers/promises';
import { PRIORITY } from '../../src/queues/jobs.js';
import { SUSPECT_SILENT_MS } from '../../src/queues/take-due.js';
import { randomOf } from '../support/planted-users.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

/** Lease (15 s), the sweep that notices (1 s), and room for a busy machine. */
const TAKEN_UP_AGAIN_MS = 30_000;

describe('worker processes that die', () => {
  let crew: Crew;
  afterEach(() => crew.stop());

  it.each(SEEDS)('at random lose no job and do nothing twice (R1, seed %d)', async (seed) => {
    const random = randomOf(seed);
    crew = await Crew.start({ pieces: 4, pieceMs: 100 });
    await Promise.all([crew.worker(), crew.worker(), crew.worker()]);
    const kills = inFull(10, 2);
    const jobs = kills * inFull(100, 40);
    const struck: { victims: string[]; at: Date }[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const accepting = crew.accept(jobs / kills);
      await sleep(1_000 * random());
      const busy = await until('a worker to run a job', () => crew.busy());
      const victim = busy[Math.floor(random() * busy.length)]!;
      await victim.end('SIGKILL');
      const [{ at, victims }] = await crew.database.query(
        `SELECT clock_timestamp() AS at, array(SELECT jobs.id FROM jobs JOIN starts ON starts.job_id = jobs.id AND starts.claim = jobs.claim
           WHERE jobs.status = 'active' AND starts.pid = $1) AS victims`,
        [victim.pid],
      );
      struck.push({ at, victims });
      await Promise.all([crew.worker(), accepting]);
    }
    await crew.idle(300_000);
    const verdict = await crew.check(`${struck.length} workers killed, seed ${seed}`);
    expect(verdict).toMatchObject(CLEAN);
    expect(verdict.recovered).toBeGreaterThan(0);
    expect(crew.accepted.size).toBe(jobs);
    for (const { at, victims } of struck.filter((each) => each.victims.length > 0)) {
      const [{ ms }] = await crew.database.query(
        `SELECT (extract(epoch FROM min(at) - $2::timestamptz) * 1000)::int AS ms FROM starts WHERE job_id = ANY($1) AND at > $2`,
        [victims, at],
      );
      expect(ms).toBeLessThan(TAKEN_UP_AGAIN_MS);
    }
    // Suspects run one after the other: no two jobs with a crash run at the same time. One that has left no line in the log
    // for as long as a suspect may be silent counts as dead, however late its lease is noticed to have ended.
    const [{ most }] = await crew.database.query(
      `WITH suspects AS (
         SELECT at AS begins, least(ends, at + $1 * interval '1 ms') AS ends FROM (
           SELECT at, lead(at) OVER (PARTITION BY job_id ORDER BY n) AS ends, status = 'active' AND crashes > 0 AS suspect
           FROM job_log) AS lines
         WHERE suspect)
       SELECT max(running)::int AS most FROM (
         SELECT (SELECT count(*) FROM suspects AS others WHERE others.begins <= suspects.begins AND others.ends > suspects.begins)
           AS running FROM suspects) AS moments`,
      [SUSPECT_SILENT_MS - 500],
    );
    expect(most).toBe(1);
  });

  it.each(SEEDS)('at SIGTERM hand back what they cannot finish, at its checkpoint (R2, seed %d)', async (seed) => {
    const random = randomOf(seed);
    crew = await Crew.start({ pieces: 30, pieceMs: 200, env: { SHUTDOWN_TIMEOUT_MS: '2000' } });
    const [first, second] = await Promise.all([crew.worker(), crew.worker()]);
    await crew.accept(20, { priority: PRIORITY.first }); // Those may take every slot.
    await until('20 jobs to run', async () => (await crew.countOf('active')) === 20);
    await sleep(500 + 1_500 * random());
    const begun = performance.now();
    const endings = await Promise.all([first.end('SIGTERM'), second.end('SIGTERM')]);
    const tookMs = performance.now() - begun;
    expect(endings).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(tookMs).toBeLessThan(2_000 + 8_000);
    // At once, and not when a lease runs out.
    expect(await crew.statuses()).toEqual({ waiting: 20 });
    await Promise.all([crew.worker(), crew.worker()]);
    await crew.idle();
    const verdict = await crew.check(`two workers ended with 20 active jobs in ${(tookMs / 1_000).toFixed(1)} s`);
    expect(verdict).toMatchObject({ ...CLEAN, recovered: 20 });
    const rows = await crew.database.query('SELECT DISTINCT crashes, attempts_made, claim FROM jobs');
    expect(rows).toEqual([{ crashes: 0, attempts_made: 1, claim: 2 }]);
  });

  it.each(SEEDS)('right after a commit leave jobs that others find (R11, seed %d)', async (seed) => {
    crew = await Crew.start({ pieces: 1, pieceMs: 1 });
    await crew.worker();
    for (let death = 0; death < inFull(5, 1); death++) {
      const { output, ended } = await crew.acceptAndDie(20 + seed);
      expect([output, (await ended).signal]).toEqual(['ready', 'SIGKILL']);
    }
    expect(crew.accepted.size).toBeGreaterThan(inFull(50, 10));
    const begun = performance.now();
    await crew.idle();
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    expect(await crew.check(`all done ${seconds} s after the last death between commit and dispatch`)).toMatchObject({
      ...CLEAN,
      recovered: 0,
    });
  });
});
