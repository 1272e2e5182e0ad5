import { inFull, SEEDS } from '../support/length.js';
import { randomOf } from '../support/planted-users.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';

jest.setTimeout(600_000);

const OF_BUSY = inFull(200, 100);
const OF_IDLE = 20;

describe('jobs that wait for a platform', () => {
  let crew: Crew;
  afterEach(() => crew.stop());

  /** The people whose jobs began to run, in that order, and when by the database's clock (s). */
  const startsOf = (platform: string): Promise<{ person: string; at: number }[]> =>
    crew.database.query(
      `SELECT user_id AS person, extract(epoch FROM starts.at)::float8 AS at FROM starts JOIN jobs ON jobs.id = job_id
       WHERE platform = $1 ORDER BY starts.at`,
      [platform],
    );

  it.each(SEEDS)(
    'whose budget is used up hold up no other platform, expire not, and come back in order (R29, seed %d)',
    async (seed) => {
      crew = await Crew.start({ pieces: 1 });
      await crew.accept(OF_BUSY);
      const opensAt = Date.now() + 15_000 + 2_000 * randomOf(seed)();
      await crew.worker({ USED_UP: 'spotify', USED_UP_UNTIL: String(opensAt) });
      await until('one to be refused', async () => {
        const [{ refused }] = await crew.database.query(
          `SELECT count(*)::int AS refused FROM outcomes WHERE kind = 'delayed'`,
        );
        return refused > 0;
      });
      await crew.accept(OF_IDLE, { platform: 'github' });
      const [{ now: asked }] = await crew.database.query('SELECT extract(epoch FROM clock_timestamp())::float8 AS now');
      // The hour of those that were not started is over.
      await crew.database.query(
        `UPDATE jobs SET expires_at = now() WHERE claim = 0 AND platform = 'spotify' AND status = 'waiting'`,
      );
      await until('the others to start', async () => (await startsOf('github')).length === OF_IDLE);
      const idle = await startsOf('github');
      const inVain = (await startsOf('spotify')).length;
      const openedAfter = (opensAt - Date.now()) / 1_000;
      await crew.idle();
      const busy = (await startsOf('spotify')).slice(inVain);
      const places = busy.map(({ person }) => Number(person.replace('person-', '')));
      const overtaken = places.map((place, n) => Math.abs(place - n));
      const firstSecond = busy.filter(({ at }) => at < busy[0]!.at + 1).length;
      console.info(
        `the idle platform's last of ${OF_IDLE} started after ${(idle.at(-1)!.at - asked).toFixed(1)} s, ${inVain} of ${OF_BUSY} ` +
          `were refused, ${firstSecond} came back in the first second, moved by at most ${Math.max(...overtaken)} places`,
      );
      expect(await crew.check('a platform without requests and an idle one')).toMatchObject(CLEAN);
      expect(openedAfter).toBeGreaterThan(0);
      expect(idle.at(-1)!.at - asked).toBeLessThan(5);
      expect(inVain).toBeLessThanOrEqual(20);
      expect(busy).toHaveLength(OF_BUSY);
      // Lanes and slots run side by side.
      expect(Math.max(...overtaken)).toBeLessThanOrEqual(30);
      expect(firstSecond).toBeLessThan(OF_BUSY / 2);
    },
  );

  it('and reach their time limit again and again take turns with their equals (R30)', async () => {
    const env = { EXTRACTION_CONCURRENCY: '1', EXTRACTION_TIMEOUT_MS: '500' };
    crew = await Crew.start({ pieces: 10, pieceMs: 120, env });
    await crew.accept(1);
    await crew.accept(3);
    await crew.worker();
    await crew.idle();
    const people = (await startsOf('spotify')).map(({ person }) => person);
    console.info(`runs: ${people.join(', ')}`);
    expect(await crew.check('four long jobs and one slot')).toMatchObject(CLEAN);
    expect(people.length).toBeGreaterThan(8);
    // In the first rounds all four wait; each comes once a round.
    for (const round of [people.slice(0, 4), people.slice(4, 8)]) expect(new Set(round).size).toBe(4);
  });

  it('that always asks them to wait are asked for less and less, and end after a day (R32)', async () => {
    crew = await Crew.start({ pieces: 1, env: { RETRY_BASE_MS: '500', RETRY_JITTER: '0' } });
    await crew.accept(1, { name: 'later' });
    await crew.worker();
    await until('four runs', async () => (await startsOf('spotify')).length === 4);
    const times = (await startsOf('spotify')).map(({ at }) => at);
    const waits = times.slice(1).map((at, n) => at - times[n]!);
    console.info(`waits between the runs (s): ${waits.map((wait) => wait.toFixed(2)).join(', ')}`);
    for (const [n, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(0.5 * 2 ** n - 0.05);
    await until('it to wait', async () => (await crew.countOf('waiting')) === 1);
    await crew.database.query(
      `UPDATE jobs SET first_due_at = first_due_at - interval '1 day', expires_at = expires_at - interval '1 day'`,
    );
    await crew.idle();
    expect(await crew.statuses()).toEqual({ expired: 1 });
    expect(await crew.database.query('SELECT kind FROM outcomes ORDER BY at DESC LIMIT 1')).toEqual([
      { kind: 'expired' },
    ]);
  });
});
