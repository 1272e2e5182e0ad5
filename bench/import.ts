import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, openAsBlob, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { median, quantile } from 'simple-statistics';
import { spotifyExtended } from '../src/imports/formats/spotify-extended.js';
import type { ExtractedItem } from '../src/platforms/platform.js';
import { ApiClient } from '../test/support/api-client.js';
import { freePort } from '../test/support/free-port.js';
import { historyRows } from '../test/support/history-rows.js';
import type { PostgresServer } from '../test/support/postgres-server.js';
import type { RedisServer } from '../test/support/redis-server.js';
import { ENTRIES_A_PAGE } from './extraction/listener.js';
import { unnest } from './extraction/straight-line.js';
import { PRODUCT, startProgram, type Program } from './program.js';
import { atLeast, atMost, machine, type Report } from './report.js';
import { connect } from './slow-api.js';
import { whileOpen, withServers } from './servers.js';

const LIMIT_MS = 3_600_000;

/** Callbacks arrive so often, whether or not earlier ones are answered. */
const CALLBACK_EVERY_MS = 500;

/** Rows of a file as Spotify cuts them, about 12 MB. */
const ROWS_A_FILE = 15_000;

/** Archives through the whole import, against a script that only stores their rows; memory; many people at once. */
export function importing(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '3' },
      plays: { type: 'string', default: '50000' },
      large: { type: 'string', default: '1000000' },
      people: { type: 'string', default: '10' },
      each: { type: 'string', default: '100000' },
    },
  });
  const [pairs, plays, large, people, each] = [
    Number(values.pairs),
    Number(values.plays),
    Number(values.large),
    Number(values.people),
    Number(values.each),
  ];
  return withServers(async (servers) => {
    const rates = await measureRates(servers.postgres, servers.redis, pairs, plays);
    const memory = await measureMemory(servers.postgres, servers.redis, large);
    const production = await measureCrowd(people, each, servers);
    const embedded = await measureCrowd(people, each, undefined);
    return {
      benchmark: 'import',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${plays} plays of an extended history, medians of ${pairs} rounds after one to warm up; the script stores the same rows, which it has in memory, ${ENTRIES_A_PAGE} a statement.`,
        `${large} plays in three files of ${ROWS_A_FILE} rows and one of the rest; idle is the process after one of the small files.`,
        `${people} people import ${each} plays each at once, while others connect, one every ${CALLBACK_EVERY_MS} ms.`,
      ],
      columns: ['', 'ours', 'beside', 'ratio'],
      rows: [
        ['plays/s, beside a script with one UNNEST a page', rates.first, rates.script, rates.first / rates.script],
        ['plays/s again, nothing new, beside the first time', rates.again, rates.first, rates.again / rates.first],
        [`plays/s of ${large}, beside those of ${plays}`, memory.rate, rates.first, memory.rate / rates.first],
        [`MB resident with ${large} plays, beside idle`, memory.most, memory.idle, memory.most / memory.idle],
        ...[production, embedded].flatMap((crowd, n) => {
          const form = n === 0 ? 'api and worker' : 'embedded';
          return [
            [
              `callback ms, p99, ${form}, beside without imports`,
              crowd.during,
              crowd.without,
              crowd.during / crowd.without,
            ],
            [`seconds for all imports, ${form}; callbacks meanwhile`, crowd.seconds, crowd.callbacks, ''],
          ];
        }),
      ],
      goals: [
        atLeast('plays/s beside the UNNEST script', rates.first / rates.script, 0.5),
        atMost('MB over idle', memory.most - memory.idle, 150),
        atMost('callback p99 ms with api and worker', production.during, 200),
        atMost('callback p99 ms embedded', embedded.during, 1_000),
      ],
    };
  });
}

function environment(env: Record<string, string> = {}): Record<string, string> {
  return {
    JWT_SECRET: randomBytes(32).toString('hex'),
    TOKEN_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    EXTRACTION_SCHEDULE: 'off',
    EXTRACTION_RATE_MAX: '0',
    API_RATE_MAX: '0',
    LOG_LEVEL: 'warn',
    LOG_PRETTY: 'false',
    ...env,
  };
}

/** Uploads files and waits for the end of the import. @returns its milliseconds on the worker */
async function imported(
  person: ApiClient,
  paths: readonly string[],
): Promise<{ readonly ms: number; readonly receipt: Receipt }> {
  const form = new FormData();
  for (const path of paths) form.append('file', await openAsBlob(path), path);
  const response = await fetch(`${person.app.url}/api/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${person.token}` },
    body: form,
  });
  const { data, error } = (await response.json()) as { data: { importId: string; jobId: string }; error?: unknown };
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  const job = (await person.endOf(data.jobId, LIMIT_MS)) as {
    state: string;
    failedReason: string;
    startedAt: string;
    finishedAt: string;
  };
  if (job.state !== 'completed') throw new Error(`${job.state}: ${job.failedReason}`);
  const { receipt } = (await person.get(`/imports/${data.importId}`)) as { receipt: Receipt };
  return { ms: Date.parse(job.finishedAt) - Date.parse(job.startedAt), receipt };
}

interface Receipt {
  readonly accepted: number;
  readonly alreadyKnown: number;
}

/** Writes a history into files, row by row. */
async function historyFiles(folder: string, plays: number, rowsOf: (file: number) => number): Promise<string[]> {
  const paths: string[] = [];
  for (let from = 0; from < plays;) {
    const rows = Math.min(rowsOf(paths.length), plays - from);
    const path = join(folder, `history-${paths.length}.json`);
    const file = createWriteStream(path);
    for (let row = 0; row < rows; row += 1_000) {
      const texts = historyRows(Math.min(1_000, rows - row), { from: from + row }).map((each) => JSON.stringify(each));
      if (!file.write(`${row === 0 ? '[' : ','}${texts.join(',')}`)) await once(file, 'drain');
    }
    file.end(']');
    await once(file, 'close');
    paths.push(path);
    from += rows;
  }
  return paths;
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-import-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function itemsOf(plays: number): Promise<ExtractedItem[]> {
  const items: ExtractedItem[] = [];
  const text = [JSON.stringify(historyRows(plays))];
  for await (const outcome of spotifyExtended.read(toAsync(text), { name: '' })) {
    if ('item' in outcome) items.push(outcome.item);
  }
  return items;
}

async function* toAsync(pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

function measureRates(postgres: PostgresServer, redis: RedisServer, pairs: number, plays: number) {
  return inFolder((folder) =>
    whileOpen(async (atEnd) => {
      const database = await postgres.createDatabase();
      const env = environment({
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        QUEUE_PREFIX: 'rates',
        SANDBOX_PORT: String(await freePort()),
      });
      const product = await startProgram(PRODUCT, { env });
      atEnd(() => product.end());
      const pool = new Pool({ connectionString: database.url, max: 1 });
      atEnd(() => pool.end());
      const paths = await historyFiles(folder, plays, () => ROWS_A_FILE);
      const items = await itemsOf(plays);
      const pages = Array.from({ length: Math.ceil(items.length / ENTRIES_A_PAGE) }, (_, n) =>
        items.slice(n * ENTRIES_A_PAGE, (n + 1) * ENTRIES_A_PAGE),
      );
      const found = { first: [] as number[], again: [] as number[], script: [] as number[] };
      const rate = (ms: number) => plays / (ms / 1_000);
      for (let pair = -1; pair < pairs; pair += 1) {
        await pool.query('INSERT INTO users (id) VALUES ($1)', [`script${pair}`]);
        const script = rate(await unnest(pool, `script${pair}`, pages));
        const person = await ApiClient.signIn(product);
        const first = await imported(person, paths);
        const again = await imported(person, paths);
        if (first.receipt.accepted !== plays || again.receipt.alreadyKnown !== plays) throw new Error('not exact');
        if (pair < 0) continue;
        found.script.push(script);
        found.first.push(rate(first.ms));
        found.again.push(rate(again.ms));
      }
      return { first: median(found.first), again: median(found.again), script: median(found.script) };
    }),
  );
}

function measureMemory(postgres: PostgresServer, redis: RedisServer, plays: number) {
  return inFolder((folder) =>
    whileOpen(async (atEnd) => {
      const database = await postgres.createDatabase();
      const env = environment({
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        QUEUE_PREFIX: 'memory',
        SANDBOX_PORT: String(await freePort()),
      });
      const product = await startProgram(PRODUCT, { env });
      atEnd(() => product.end());
      const person = await ApiClient.signIn(product);
      const paths = await historyFiles(folder, plays, (file) => (file < 3 ? ROWS_A_FILE : plays));
      // As after the first archive: V8 lets garbage grow to a multiple of what lives before it collects it.
      await imported(await ApiClient.signIn(product), paths.slice(0, 1));
      const idle = residentMb(product);
      let most = idle;
      const watch = setInterval(() => (most = Math.max(most, residentMb(product))), 200);
      try {
        const { ms, receipt } = await imported(person, paths);
        if (receipt.accepted !== plays) throw new Error(`${receipt.accepted} of ${plays} were accepted`);
        return { idle, most, rate: plays / (ms / 1_000) };
      } finally {
        clearInterval(watch);
      }
    }),
  );
}

/** Callbacks without imports, and while people import; in production form, or in one process with its database inside. */
function measureCrowd(
  people: number,
  plays: number,
  servers: { readonly postgres: PostgresServer; readonly redis: RedisServer } | undefined,
) {
  return inFolder((folder) =>
    whileOpen(async (atEnd) => {
      const shared = environment({ SANDBOX_PORT: String(await freePort()) });
      if (servers) {
        const database = await servers.postgres.createDatabase();
        Object.assign(shared, { DATABASE_URL: database.url, REDIS_URL: servers.redis.url, QUEUE_PREFIX: 'crowd' });
      } else Object.assign(shared, { DATA_DIR: join(folder, 'data') });
      const api = await startProgram(PRODUCT, { env: { ...shared, ...(servers && { ROLE: 'api' }) } });
      atEnd(() => api.end());
      if (servers) {
        const worker = await startProgram(PRODUCT, { env: { ...shared, ROLE: 'worker' } });
        atEnd(() => worker.end());
      }
      const paths = await historyFiles(folder, plays, () => ROWS_A_FILE);
      const without = await callbacksWhile(api, sleep(30_000));
      const began = performance.now();
      const importing = Promise.all(
        Array.from({ length: people }, async () => {
          const { receipt } = await patiently(async () => imported(await ApiClient.signIn(api), paths));
          if (receipt.accepted !== plays) throw new Error(`${receipt.accepted} of ${plays} were accepted`);
        }),
      );
      const during = await callbacksWhile(api, importing);
      const seconds = (performance.now() - began) / 1_000;
      return { without: quantile(without, 0.99), during: quantile(during, 0.99), callbacks: during.length, seconds };
    }),
  );
}

/** Few uploads are received at once; the others come again. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!String(error).includes('SERVER_BUSY')) throw error;
      await sleep(1_000);
    }
  }
}

/** Connects people in an open loop until the work is done. @returns the milliseconds of each callback */
async function callbacksWhile(api: Program, work: Promise<unknown>): Promise<number[]> {
  const importing = { isOver: false };
  const done = work.finally(() => (importing.isOver = true));
  const taken: Promise<number>[] = [];
  while (!importing.isOver) {
    taken.push(ApiClient.signIn(api).then((person) => connect(person, 'newcomer')));
    await sleep(CALLBACK_EVERY_MS);
  }
  await done;
  return Promise.all(taken);
}

function residentMb({ pid }: Program): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
