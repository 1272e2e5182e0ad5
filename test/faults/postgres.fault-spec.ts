import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../support/planted-users.js';
import { CLEAN, Crew } from './crew.js';
import { SEEDS, inFull } from '../support/length.js';
import { TcpProxy } from '../support/tcp-proxy.js';

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
    const jobs = inFull(600, 100);
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
    const jobs = inFull(600, 100);
    crew = await Crew.start({ pieces: 3, pieceMs: 100 });
    const workers = await Promise.all([crew.worker(), crew.worker()]);
    const accepting = accept(jobs);
    let cut = 0;
    for (const end = Date.now() + inFull(30_000, 5_000); Date.now() < end;) {
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

  /** Neither a failed attempt nor a crash in the whole history of the jobs. */
  const expectNobodyBlamed = async () => {
    const [blamed] = await crew.database.query(
      `SELECT (SELECT count(*)::int FROM job_log WHERE crashes > 0) AS crashes,
         (SELECT count(*)::int FROM outcomes WHERE kind = 'failed') AS failed, (SELECT max(attempts_made) FROM jobs) AS attempts`,
    );
    expect(blamed).toEqual({ crashes: 0, failed: 0, attempts: 1 });
  };

  it.each(SEEDS)('may refuse commits for deadlocks and conflicts (R35, seed %d)', async (seed) => {
    crew = await Crew.start({ pieces: 3, pieceMs: 20 });
    await crew.accept(inFull(200, 20));
    await crew.database.query(`CREATE SEQUENCE writes START ${seed}`);
    await crew.database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n bigint := nextval('writes'); BEGIN
         IF n % 7 = 0 THEN RAISE 'on purpose' USING ERRCODE = CASE WHEN n % 2 = 0 THEN '40P01' ELSE '40001' END; END IF;
         RETURN NULL;
       END $$`,
    );
    await crew.database.query(
      `CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW WHEN (NEW.status <> OLD.status OR NEW.checkpoint IS DISTINCT FROM OLD.checkpoint) EXECUTE FUNCTION refuse()`,
    );
    await crew.worker();
    await crew.idle(240_000);
    expect(await crew.check(`commits refused, seed ${seed}`)).toMatchObject(CLEAN);
    await expectNobodyBlamed();
  });

  it.each(SEEDS)('may commit while its answer gets lost (R35, seed %d)', async (seed) => {
    const random = randomOf(seed);
    let lost = 0;
    crew = await Crew.start({ pieces: 3, pieceMs: 20 });
    const url = new URL(crew.database.url);
    // CommandComplete with the tag COMMIT ("Message Formats" in PostgreSQL's manual).
    const commit = Buffer.from('C\0\0\0\x0bCOMMIT\0', 'latin1');
    const proxy = await TcpProxy.start(url, {
      cuts: (answer) => {
        const cuts = answer.includes(commit) && random() < 0.05;
        if (cuts) lost += 1;
        return cuts;
      },
    });
    try {
      await crew.accept(inFull(200, 60));
      await crew.worker({ DATABASE_URL: Object.assign(new URL(url), { port: String(proxy.port) }).href });
      await crew.idle(240_000);
    } finally {
      await proxy.refuse();
    }
    expect(await crew.check(`${lost} answers lost, seed ${seed}`)).toMatchObject(CLEAN);
    expect(lost).toBeGreaterThan(5);
    await expectNobodyBlamed();
  });
});
