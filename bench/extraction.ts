import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { median } from 'simple-statistics';
import { ApiClient } from '../test/support/api-client.js';
import type { TestDatabase } from '../test/support/postgres-server.js';
import { ENTRIES_A_PAGE } from './extraction/listener.js';
import { rowByRow, rowsOf, unnest } from './extraction/straight-line.js';
import { PRODUCT, startProgram, type Program } from './program.js';
import { atLeast, atMost, machine, type Report } from './report.js';
import { withServers } from './servers.js';

const PLATFORMS = ['spotify', 'github', 'youtube'] as const;
const LATENCY_MS = 50;
const SLOTS = 10;
const LIMIT_MS = 1_800_000;

/** A stand-in, a worker, and how to reach both. */
interface Bench {
  readonly database: TestDatabase;
  readonly accounts: Program;
  readonly product: Program;
}

/** Items through the whole extraction, against scripts that only store them; memory; many people at once. */
export function extraction(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '3' },
      items: { type: 'string', default: '50000' },
      large: { type: 'string', default: '1000000' },
      people: { type: 'string', default: '100' },
      profile: { type: 'string' },
    },
  });
  return withServers(async ({ postgres, redis, atEnd }) => {
    const database = await postgres.createDatabase();
    const accounts = await startProgram(new URL('extraction/accounts.js', import.meta.url).pathname, {
      env: {},
      readyPath: '/control',
    });
    atEnd(() => accounts.end());
    const product = await startProgram(PRODUCT, {
      env: environment(database, redis.url, accounts.url),
      profileTo: values.profile,
    });
    atEnd(() => product.end());
    const bench = { database, accounts, product };
    const rates = await measureRates(bench, Number(values.pairs), Number(values.items));
    const people = await measurePeople(bench, Number(values.people));
    const memory = await measureMemory(bench, Number(values.large));
    return {
      benchmark: 'extraction',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${values.items} items of one listener in pages of ${ENTRIES_A_PAGE}, from a stand-in without latency; medians of ${values.pairs} rounds of each after one to warm up.`,
        'The scripts store the same rows, which they have in memory; "ours" is from the start of the job to its end.',
      ],
      columns: ['', 'ours', 'beside', 'ratio'],
      rows: [
        ['items/s, beside a script with one UNNEST a page', rates.first, rates.script, rates.first / rates.script],
        ['items/s, beside an ORM that saves row by row', rates.first, rates.orm, rates.first / rates.orm],
        ['items/s again, nothing changed, beside the first time', rates.again, rates.first, rates.again / rates.first],
        ['items/s when every page is read again all the same', rates.reread, rates.first, rates.reread / rates.first],
        [
          `seconds for ${values.people} people × 3 platforms, beside the ideal`,
          people.wall,
          people.ideal,
          people.wall / people.ideal,
        ],
        [`MB resident with ${values.large} items, beside idle`, memory.most, memory.idle, memory.most / memory.idle],
      ],
      goals: [
        atLeast('items/s beside the UNNEST script', rates.first / rates.script, 0.5),
        atLeast('items/s beside the ORM', rates.first / rates.orm, 5),
        atLeast('unchanged data beside the first time', rates.again / rates.first, 2),
        atMost(
          `${people.calls} calls of ${LATENCY_MS} ms on ${SLOTS} slots, beside the ideal`,
          people.wall / people.ideal,
          1.3,
        ),
        atMost('MB over idle', memory.most - memory.idle, 150),
      ],
    };
  });
}

function environment(database: TestDatabase, redisUrl: string, accountsUrl: string): Record<string, string> {
  const platform = (name: string) => ({
    [`PLATFORM_${name}_CLIENT_ID`]: 'bench',
    [`PLATFORM_${name}_CLIENT_SECRET`]: 'bench',
    [`PLATFORM_${name}_TOKEN_URL`]: `${accountsUrl}/oauth/token`,
    [`PLATFORM_${name}_API_URL`]: accountsUrl,
    [`PLATFORM_${name}_BUDGET`]: 'off',
  });
  return {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    JWT_SECRET: randomBytes(32).toString('hex'),
    TOKEN_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    ...platform('SPOTIFY'),
    ...platform('GITHUB'),
    ...platform('YOUTUBE'),
    PLATFORM_BUDGET: 'off',
    EXTRACTION_RATE_MAX: '0',
    EXTRACTION_CONCURRENCY: String(SLOTS),
    EXTRACTION_SCHEDULE: 'off',
    EXTRACTION_RELIST_DAYS: '0',
    API_RATE_MAX: '0',
    SIGNATURE_DELAY_MS: '3600000',
    LOG_LEVEL: 'warn',
    LOG_PRETTY: 'false',
  };
}

async function control(accounts: Program, settings: Record<string, number>): Promise<number> {
  const query = new URLSearchParams(
    Object.entries(settings).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const answer = await fetch(`${accounts.url}/control?${query.toString()}`);
  return ((await answer.json()) as { calls: number }).calls;
}

/** Connects and waits for the end of the extraction. @returns its milliseconds on the worker */
async function connect(
  { database }: Bench,
  person: ApiClient,
  platform: string,
): Promise<{ jobId: string; ms: number }> {
  const { state } = await person.authorize(platform);
  const { jobId } = await person.callback({ code: 'any', state }, platform);
  return { jobId, ms: await endOf(database, person, jobId) };
}

async function endOf(database: TestDatabase, person: ApiClient, jobId: string): Promise<number> {
  const job = (await person.endOf(jobId, LIMIT_MS)) as { state: string; failedReason: string };
  if (job.state !== 'completed') throw new Error(`${job.state}: ${job.failedReason}`);
  const [row] = (await database.query(
    `SELECT extract(epoch FROM finished_at - started_at)::float8 * 1000 AS ms FROM jobs WHERE id = '${jobId}'`,
  )) as { ms: number }[];
  return row?.ms ?? 0;
}

async function measureRates(bench: Bench, pairs: number, items: number) {
  const entries = 2_500;
  const playlists = Math.ceil(items / entries);
  await control(bench.accounts, { playlists, entries });
  const pages = Array.from({ length: items / ENTRIES_A_PAGE }, (_, index) =>
    rowsOf(Math.floor((index * ENTRIES_A_PAGE) / entries), index % (entries / ENTRIES_A_PAGE)),
  );
  const pool = new Pool({ connectionString: bench.database.url, max: 1 });
  const found = {
    first: [] as number[],
    again: [] as number[],
    reread: [] as number[],
    script: [] as number[],
    orm: [] as number[],
  };
  const rate = (count: number, ms: number) => count / (ms / 1_000);
  try {
    for (let pair = -1; pair < pairs; pair++) {
      const id = `script-${pair}`;
      await pool.query(`INSERT INTO users (id) VALUES ('${id}'), ('orm${id}')`);
      const script = rate(items, await unnest(pool, id, pages));
      const person = await ApiClient.signIn(bench.product);
      bench.product.profile();
      const first = rate(items, (await connect(bench, person, 'spotify')).ms);
      bench.product.profile();
      const repeat = async () => {
        const { jobId } = (await person.post('/extraction/spotify')) as { jobId: string };
        return rate(items, await endOf(bench.database, person, jobId));
      };
      const again = await repeat();
      await control(bench.accounts, { versioned: 0 });
      const reread = await repeat();
      await control(bench.accounts, { versioned: 1 });
      const few = pages.slice(0, 40).flat();
      const orm = rate(few.length, await rowByRow(bench.database.url, `orm${id}`, few));
      if (pair < 0) continue;
      found.first.push(first);
      found.again.push(again);
      found.reread.push(reread);
      found.script.push(script);
      found.orm.push(orm);
    }
  } finally {
    await pool.end();
  }
  const { first, again, reread, script, orm } = found;
  return {
    first: median(first),
    again: median(again),
    reread: median(reread),
    script: median(script),
    orm: median(orm),
  };
}

async function measurePeople({ accounts, product, database }: Bench, count: number) {
  await control(accounts, { playlists: 10, entries: 100, latencyMs: LATENCY_MS });
  const people = await Promise.all(Array.from({ length: count }, () => ApiClient.signIn(product)));
  const admin = await ApiClient.signIn(product, { name: 'operator', admin: true });
  await admin.post('/queues/extraction/pause');
  const jobs: [ApiClient, string][] = [];
  for (const person of people) {
    for (const platform of PLATFORMS) {
      const { state } = await person.authorize(platform);
      jobs.push([person, (await person.callback({ code: 'any', state }, platform)).jobId]);
    }
  }
  await control(accounts, {});
  const began = performance.now();
  await admin.post('/queues/extraction/resume');
  for (const [person, jobId] of jobs) await endOf(database, person, jobId);
  const wall = (performance.now() - began) / 1_000;
  const calls = await control(accounts, { latencyMs: 0 });
  return { wall, calls, ideal: (calls * LATENCY_MS) / SLOTS / 1_000 };
}

async function measureMemory(bench: Bench, items: number) {
  const entries = 10_000;
  const playlists = Math.ceil(items / entries);
  await control(bench.accounts, { playlists, entries });
  const idle = residentMb(bench.product.pid);
  let most = idle;
  const watch = setInterval(() => (most = Math.max(most, residentMb(bench.product.pid))), 200);
  try {
    await connect(bench, await ApiClient.signIn(bench.product), 'spotify');
  } finally {
    clearInterval(watch);
  }
  return { idle, most };
}

function residentMb(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
