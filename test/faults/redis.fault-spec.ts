import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { randomOf } from '../support/planted-users.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

/** Reconnecting, the sweep that hints again, and room for a busy machine. */
const RESUMED_MS = 5_000;

describe('a Redis that carries the work', () => {
  let crew: Crew;
  afterEach(() => crew.stop());

  it.each(SEEDS)('may die under load, again and again (R3, seed %d)', async (seed) => {
    const random = randomOf(seed);
    crew = await Crew.start({ pieces: 3, pieceMs: 100, env: { EXTRACTION_CONCURRENCY: '10' } });
    await Promise.all([crew.worker(), crew.worker()]);
    const resumed: number[] = [];
    for (let death = 0; death < inFull(5, 1); death++) {
      await Promise.all([crew.accept(75), crew.accept(75, { platform: 'github' })]);
      // Two of twenty slots are kept for what is urgent, and no platform may hold all others.
      await until('all slots to be busy', async () => (await crew.countOf('active')) === 18, { everyMs: 5 });
      await crew.redis.kill();
      await sleep(200 + 2_000 * random());
      await crew.redis.startAgain();
      const [{ at }] = await crew.database.query('SELECT clock_timestamp() AS at');
      const ms = await until('work to go on', async () => {
        const [row] = await crew.database.query(
          'SELECT (extract(epoch FROM min(at) - $1::timestamptz) * 1000)::int AS ms FROM starts WHERE at > $1',
          [at],
        );
        return (row.ms as number | null) ?? undefined;
      });
      resumed.push(ms);
    }
    await crew.idle();
    console.info(`work went on ${resumed.join(', ')} ms after Redis was back`);
    expect(await crew.check(`Redis killed ${resumed.length} times, seed ${seed}`)).toMatchObject(CLEAN);
    expect(Math.max(...resumed)).toBeLessThan(RESUMED_MS);
    expect(crew.accepted.size).toBe(150 * resumed.length);
  });

  it.each(SEEDS)('may be emptied with everything pending (R4, seed %d)', async (seed) => {
    const random = randomOf(seed);
    const jobs = inFull(500, 100);
    crew = await Crew.start({ pieces: 2, pieceMs: 50 });
    await crew.accept(jobs);
    await crew.worker();
    const redis = new Redis(crew.redis.url);
    let pending = 0;
    for (let flush = 0; flush < 3; flush++) {
      await sleep(300 * random());
      await redis.flushall();
      pending = Math.max(pending, await crew.countOf('waiting'));
    }
    redis.disconnect();
    await crew.idle();
    expect(await crew.check(`Redis emptied three times, with up to ${pending} pending`)).toMatchObject(CLEAN);
    expect(pending).toBeGreaterThan(jobs / 2);
  });

  it.each(SEEDS)('may be full for a while (R8, seed %d)', async (seed) => {
    const random = randomOf(seed);
    crew = await Crew.start({ pieces: 3, pieceMs: 50, redis: ['--maxmemory', '6mb'] });
    const worker = await crew.worker();
    await crew.accept(50);
    await sleep(200 * random());
    const makeRoom = await crew.redis.fill();
    await crew.accept(100);
    await sleep(inFull(10_000, 3_000));
    const waiting = await crew.countOf('waiting');
    await makeRoom();
    await crew.idle();
    expect(await crew.check(`Redis full, with ${waiting} waiting meanwhile`)).toMatchObject(CLEAN);
    expect(waiting).toBeGreaterThan(0);
    expect(worker.isRunning).toBe(true);
  });
});
