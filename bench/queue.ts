import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import type { TestDatabase } from '../test/support/postgres-server.js';
import { Contestant } from './queue/contestant.js';
import { measureOrder, measureScale, type StartProcesses } from './queue/order.js';
import { LANES, SLOTS, type Rounds } from './queue/round.js';
import { atLeast, machine, type Report } from './report.js';
import { withServers } from './servers.js';

const OTHERS = {
  'straight-line': 'a straight line: the same rows and events with pg, carried by Bull',
  bull: 'Bull alone, nothing durable',
  bullmq: 'BullMQ alone, nothing durable',
  'graphile-worker': 'graphile-worker, without history and events',
} as const;

/**
 * The full life of a job (insert, dispatch, claim, no-op, complete, events) against other ways to run it, and adding
 * jobs, all in pairs of rounds, one right after the other.
 */
export function queue(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: { pairs: { type: 'string', default: '5' }, jobs: { type: 'string', default: '2000' } },
  });
  const [pairs, jobs] = [Number(values.pairs), Number(values.jobs)];
  const folder = mkdtempSync(join(tmpdir(), 'bench-queue-'));
  return withServers(async ({ postgres, redis, atEnd }) => {
    atEnd(() => rmSync(folder, { recursive: true, force: true }));
    const startOn = async (
      database: TestDatabase,
      name: string,
      prefix: string,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Contestant> => {
      const env = {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        ROLE: 'worker',
        QUEUE_PREFIX: prefix,
        DATA_DIR: folder,
        EXTRACTION_RATE_MAX: '0',
        EXTRACTION_CONCURRENCY: String(SLOTS),
        JWT_SECRET: randomBytes(32).toString('hex'),
        LOG_LEVEL: 'warn',
        ...more,
      };
      if (name !== 'product') await (await Contestant.start('product', env)).end(); // It makes the schema.
      const contestant = await Contestant.start(name, env);
      atEnd(() => contestant.end());
      await database.query(
        `INSERT INTO users (id) SELECT 'person-' || n FROM generate_series(0, 99999) AS n ON CONFLICT DO NOTHING`,
      );
      return contestant;
    };
    const start = async (name: string) => startOn(await postgres.createDatabase(), name, name);
    let places = 0;
    const startProcesses: StartProcesses = async (count, env) => {
      const database = await postgres.createDatabase();
      const prefix = `place-${places++}`;
      const processes: Contestant[] = [];
      const end = async () => {
        await Promise.all(processes.map((each) => each.end()));
      };
      for (let n = 0; n < count; n++) processes.push(await startOn(database, 'product', prefix, env));
      return { processes, database, end };
    };
    const product = await start('product');
    const rows: (string | number)[][] = [];
    const ratios = new Map<string, number>();
    const compare = async (other: Contestant, round: keyof Rounds, what: string) => {
      const found: { ours: number; theirs: number }[] = [];
      for (let pair = -1; pair < pairs; pair++) {
        const first = pair % 2 === 0 ? product : other;
        const times = new Map<Contestant, number>();
        for (const each of [first, first === product ? other : product]) times.set(each, await each.round(round, jobs));
        const [ours = 0, theirs = 0] = [times.get(product), times.get(other)];
        if (pair >= 0) found.push({ ours, theirs });
      }
      const perSecond = (ms: number) => jobs / (ms / 1000);
      const all = found.map(({ ours, theirs }) => theirs / ours);
      const ratio = median(all);
      ratios.set(`${round} ${other.name}`, ratio);
      rows.push([
        what,
        perSecond(median(found.map(({ ours }) => ours))),
        perSecond(median(found.map(({ theirs }) => theirs))),
        ratio,
        `${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)}`,
      ]);
    };
    for (const [name, what] of Object.entries(OTHERS)) {
      const other = await start(name);
      await compare(other, 'life', what);
      if (name === 'straight-line') await compare(other, 'enqueue', 'adding a job only, against the straight line');
      await other.end();
    }
    await product.end();
    const scale = await measureScale(startProcesses, pairs);
    const order = await measureOrder(startProcesses);
    return {
      benchmark: 'queue',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${jobs} jobs a round, added on ${LANES} lanes and run on ${SLOTS} slots in one process; ${pairs} pairs of rounds after one to warm up.`,
        'Jobs per second, from the first insert to the end of the last job; a ratio over 1 means that ours are faster.',
      ],
      columns: ['full life of a job (jobs per second), against', 'ours', 'theirs', 'ratio', 'of a pair'],
      rows: [...rows, ...scale.rows, ...order.rows],
      goals: [
        atLeast('full life against the straight line', ratios.get('life straight-line') ?? 0, 1),
        atLeast('full life against graphile-worker', ratios.get('life graphile-worker') ?? 0, 1),
        atLeast('adding against the straight line', ratios.get('enqueue straight-line') ?? 0, 0.8),
        ...scale.goals,
        ...order.goals,
      ],
    };
  });
}
