import { setTimeout as sleep } from 'node:timers/promises';
import { max, median } from 'simple-statistics';
import type { TestDatabase } from '../../test/support/postgres-server.js';
import { atLeast, atMost, type Goal } from '../report.js';
import type { Contestant } from './contestant.js';

/** Starts product processes on one database and one prefix of their own. */
export type StartProcesses = (
  count: number,
  env: Readonly<Record<string, string>>,
) => Promise<{ readonly processes: readonly Contestant[]; readonly database: TestDatabase; end(): Promise<void> }>;

interface Found {
  readonly rows: (string | number)[][];
  readonly goals: Goal[];
}

const WAITING = 10_000;
const RATE = 10;
const SLOTS = 10;
const NONE = '–';

/** Adding many at once against one by one, and choosing the next among many against among few; in pairs of rounds. */
export async function measureScale(start: StartProcesses, pairs: number): Promise<Found> {
  const few = await start(1, { DISPATCHER: 'off' });
  const many = await start(1, { DISPATCHER: 'off' });
  const [[ofFew], [ofMany]] = [few.processes, many.processes];
  if (!ofFew || !ofMany) throw new Error('No process');
  try {
    const adding: number[][] = [];
    for (let pair = -1; pair < pairs; pair++) {
      const [bulk, single] = [await ofFew.round('bulk', WAITING), await ofFew.round('oneByOne', 1_000)];
      if (pair >= 0) adding.push([WAITING / (bulk / 1_000), 1_000 / (single / 1_000)]);
    }
    await ofFew.round('fill', 100);
    await ofMany.round('fill', 100_000);
    await many.database.query('ANALYZE');
    await few.database.query('ANALYZE');
    const choosing: number[][] = [];
    for (let pair = -1; pair < pairs; pair++) {
      const [among100k, among100] = [await ofMany.round('choose', 200), await ofFew.round('choose', 200)];
      if (pair >= 0) choosing.push([among100k / 200, among100 / 200]);
    }
    const ratio = (of: readonly number[][]) => median(of.map(([a = 0, b = 1]) => a / b));
    const row = (what: string, of: readonly number[][]) => {
      const ratios = of.map(([a = 0, b = 1]) => a / b);
      const column = (index: number) => median(of.map((each) => each[index] ?? 0));
      return [what, column(0), column(1), ratio(of), `${Math.min(...ratios).toFixed(2)}–${max(ratios).toFixed(2)}`];
    };
    return {
      rows: [
        row(`adding ${WAITING} at once, against one by one (jobs per second)`, adding),
        row('choosing one of 100,000 waiting, against one of 100 (ms)', choosing),
      ],
      goals: [
        atLeast('adding at once against one by one', ratio(adding), 20),
        atMost('choosing one of 100,000 against one of 100', ratio(choosing), 1.5),
      ],
    };
  } finally {
    await few.end();
    await many.end();
  }
}

/** How soon an urgent job starts behind many others, and whether the start limit is kept. */
export async function measureOrder(start: StartProcesses): Promise<Found> {
  const rows: (string | number)[][] = [];
  const goals: Goal[] = [];
  const urgents = async (process: Contestant | undefined, count: number): Promise<number[]> => {
    if (!process) throw new Error('No process');
    const waits: number[] = [];
    for (let n = 0; n < count; n++) {
      waits.push((await process.round('urgent', n)) / 1_000);
      await sleep(700 + 130 * n);
    }
    return waits;
  };
  const add = (what: string, waits: readonly number[], limit: number) => {
    rows.push([what, median([...waits]), NONE, NONE, `${Math.min(...waits).toFixed(3)}–${max([...waits]).toFixed(3)}`]);
    goals.push(atMost(what, max([...waits]), limit));
  };
  for (const workers of [1, 3]) {
    const limited = await start(workers, { EXTRACTION_RATE_MAX: String(RATE), EXTRACTION_RATE_DURATION: '1000' });
    try {
      const [first] = limited.processes;
      await first?.round('fill', WAITING);
      await sleep(2_000);
      const name = workers === 1 ? 'one worker' : `${workers} workers`;
      const waits = await urgents(first, 10);
      await sleep(12_000);
      add(`an urgent job behind ${WAITING} at ${RATE}/s starts after (s), ${name}`, waits, 0.5);
      const rates = (await limited.database.query(
        `SELECT (count(*) - 1) / extract(epoch FROM max(started_at) - min(started_at))::float8 AS rate
         FROM jobs WHERE started_at > now() - interval '20 s'`,
      )) as { rate: number }[];
      const rate = rates[0]?.rate ?? 0;
      rows.push([`starts per second at a limit of ${RATE}, ${name}`, rate, NONE, rate / RATE, NONE]);
      goals.push(atMost(`deviation from the limit, ${name}`, Math.abs(rate / RATE - 1), 0.02));
    } finally {
      await limited.end();
    }
  }
  const busy = await start(1, { RUN_MS: '60000' });
  try {
    const [only] = busy.processes;
    await only?.round('fill', 5 * SLOTS);
    await sleep(2_000);
    add('an urgent job beside runs of 60 s starts after (s)', await urgents(only, 1), 2);
  } finally {
    await busy.end();
  }
  return { rows, goals };
}
