import { setTimeout as sleep } from 'node:timers/promises';
import { PRIORITY } from '../../src/queues/jobs.js';
import { randomOf } from '../support/planted-users.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS } from '../support/length.js';

jest.setTimeout(600_000);

describe('worker processes that die', () => {
  let crew: Crew;
  afterEach(() => crew.stop());

  it.each(SEEDS)('for as long as a lease, and wake up again, change nothing any more (R12, seed %d)', async (seed) => {
    const random = randomOf(seed);
    crew = await Crew.start({ pieces: 20, pieceMs: 150 });
    const [frozen] = await Promise.all([crew.worker()]);
    await crew.accept(10, { priority: PRIORITY.first });
    await until('10 jobs to run', async () => (await crew.countOf('active')) === 10);
    await sleep(200 + 1_500 * random());
    frozen.signal('SIGSTOP');
    await crew.worker();
    await until('the jobs to be taken away and over', async () => {
      const [{ away, over }] = await crew.database.query(
        'SELECT count(*) FILTER (WHERE claim > 1)::int AS away, count(*) FILTER (WHERE claim > 2)::int AS over FROM jobs',
      );
      return away === 10 && over > 0;
    });
    const written = () =>
      crew.database.query('SELECT * FROM effects WHERE pid = $1 AND claim = 1 ORDER BY at', [frozen.pid]);
    const before = await written();
    frozen.signal('SIGCONT');
    await until('it to notice', () => frozen.lines.some((line) => line.startsWith('fenced')));
    await crew.idle();
    expect(await crew.check('a worker frozen, taken over, and thawed')).toMatchObject({ ...CLEAN, recovered: 10 });
    expect(await written()).toEqual(before);
    expect(frozen.isRunning).toBe(true);
  });

  it.each(SEEDS)('of a poison job take nobody with them (R13, seed %d)', async (seed) => {
    const random = randomOf(seed);
    crew = await Crew.start({ pieces: 1, pieceMs: 600, env: { EXTRACTION_CONCURRENCY: '10' } });
    const before = Math.floor(random() * 20);
    await crew.accept(before);
    await crew.accept(1, { name: 'poison' });
    await crew.accept(39 - before + 1);
    let stopped = false;
    const deaths: Promise<void> = (async () => {
      while (!stopped) await (await crew.worker()).ended;
    })();
    await crew.idle(240_000);
    stopped = true;
    for (const worker of crew.running) await worker.end('SIGTERM');
    await deaths;
    const [{ id, ...poison }] = await crew.database.query(
      `SELECT id, status, crashes, error_code FROM jobs WHERE user_id LIKE 'poison%'`,
    );
    expect(poison).toEqual({ status: 'failed', crashes: 3, error_code: 'POISON' });
    crew.accepted.delete(id); // A dead letter; it neither got lost nor had an effect.
    expect(crew.workers).toHaveLength(4);
    expect(await crew.statuses()).toEqual({ completed: 40, failed: 1 });
    expect(await crew.check('a poison job among 40 others')).toMatchObject(CLEAN);
  });
});
