import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { median } from 'simple-statistics';
import type { PostgresServer } from '../test/support/postgres-server.js';
import type { RedisServer } from '../test/support/redis-server.js';
import { apiProcess, IDLE_WORKER } from './api-process.js';
import { Contestant, type Route } from './contestant.js';
import { load, withWarmUp, type Latencies } from './load.js';
import { PRODUCT, startProgram } from './program.js';
import { atMost, machine, type Report } from './report.js';
import { whileOpen, withServers, type AtEnd } from './servers.js';
import { measureSlowApi } from './slow-api.js';
import { startTokenEndpoint } from './token-endpoint.js';

const STRAIGHT_LINE = fileURLToPath(new URL('straight-line.js', import.meta.url));

const CLIENTS = 50;

/** The most that the product may take, as a multiple of the straight-line script. */
const GOAL = 1.25;

interface Pair {
  readonly product: Latencies;
  readonly straightLine: Latencies;
}

/**
 * The callback of a connect against a straight-line script that stores the same, in pairs of rounds right after each
 * other, so that other load on the machine affects both; and the callback beside a slow platform.
 */
export function callback(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '7' },
      requests: { type: 'string', default: '500' },
      profile: { type: 'string' },
    },
  });
  const [pairs, requests] = [Number(values.pairs), Number(values.requests)];
  return withServers(async ({ postgres, redis }) => {
    const { browser, program } = await whileOpen(async (atEnd) => {
      const [product, straightLine] = await startContestants(postgres, redis, values.profile, atEnd);
      const compare = async (route: Route): Promise<Pair[]> => {
        const found: Pair[] = [];
        for (let n = -1; n < pairs; n++) {
          const first = n % 2 === 0 ? product : straightLine;
          const measured = new Map<Contestant, Latencies>();
          for (const contestant of [first, first === product ? straightLine : product]) {
            const callbacks = await contestant.begin(withWarmUp(requests, CLIENTS), route);
            measured.set(contestant, await load(contestant.program, callbacks, CLIENTS));
            await contestant.finish(callbacks.length);
          }
          const pair = { product: measured.get(product), straightLine: measured.get(straightLine) };
          // The first pair warms both up.
          if (n >= 0 && pair.product && pair.straightLine) found.push(pair as Pair);
        }
        return found;
      };
      return { browser: await compare('browser'), program: await compare('program') };
    });
    const slow = await measureSlowApi(postgres, redis);
    return {
      benchmark: 'callback',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${CLIENTS} clients at once, ${requests} callbacks a round, ${pairs} pairs of rounds after one to warm up.`,
        'Times in milliseconds; each figure is the median over the rounds, each ratio the median over the pairs.',
        `Slow API: every call of the platform takes ${slow.latencyMs} ms while ${slow.people} people connect one by one.`,
      ],
      columns: ['', 'median', 'p99', 'server CPU'],
      rows: [
        ...rowsOf('browser callback (GET)', browser),
        ...rowsOf('program callback (POST)', program),
        ['browser callback beside a slow API', slow.callback.median, slow.callback.p99, ''],
        ['signature starts after extraction', slow.signatureDelay.median, slow.signatureDelay.longest, ''],
      ],
      goals: [
        ...goalsOf('browser callback', browser),
        ...goalsOf('program callback', program),
        atMost('callback beside a slow API, median ms', slow.callback.median, 100),
        atMost(
          'signature starts 2 s after the extraction, median ms off',
          Math.abs(slow.signatureDelay.median - 2_000),
          250,
        ),
      ],
    };
  });
}

/** Both programs, each with a database of its own that has the product's schema. */
async function startContestants(
  postgres: PostgresServer,
  redis: RedisServer,
  profileTo: string | undefined,
  atEnd: AtEnd,
): Promise<[product: Contestant, straightLine: Contestant]> {
  const tokens = await startTokenEndpoint();
  atEnd(() => tokens.close());
  const client = new Redis(redis.url);
  atEnd(() => client.disconnect());
  const [productData, straightData] = [await postgres.createDatabase(), await postgres.createDatabase()];
  // The straight-line script plans nothing either.
  const productEnv = apiProcess(redis, tokens.url);
  const jwtSecret = productEnv.JWT_SECRET;
  // The product's own start makes the schema for both.
  await (await startProgram(PRODUCT, { env: { ...productEnv, DATABASE_URL: straightData.url } })).end();
  const product = await startProgram(PRODUCT, { env: { ...productEnv, DATABASE_URL: productData.url }, profileTo });
  atEnd(() => product.end());
  const straightLine = await startProgram(STRAIGHT_LINE, {
    env: {
      REDIS_URL: redis.url,
      JWT_SECRET: jwtSecret,
      DATABASE_URL: straightData.url,
      QUEUE_PREFIX: 'straight',
      TOKEN_URL: tokens.url,
      ENCRYPTION_KEY: productEnv.TOKEN_ENCRYPTION_KEYS.replace('k1:', ''),
    },
    readyPath: '/health',
    profileTo,
  });
  atEnd(() => straightLine.end());
  await productData.query(IDLE_WORKER);
  return [
    new Contestant(product, productData, client, 'product', jwtSecret),
    new Contestant(straightLine, straightData, client, 'straight', jwtSecret),
  ];
}

function rowsOf(what: string, pairs: readonly Pair[]): (string | number)[][] {
  const over = (contestant: keyof Pair, figure: keyof Latencies) =>
    median(pairs.map((pair) => pair[contestant][figure]));
  const row = (contestant: keyof Pair) => (['median', 'p99', 'cpu'] as const).map((f) => over(contestant, f));
  return [
    [what, ...row('product')],
    ['  the straight line', ...row('straightLine')],
    ['  ratio', ratio(pairs, 'median'), ratio(pairs, 'p99'), ratio(pairs, 'cpu')],
    ['  lowest and highest of a pair', spread(pairs, 'median'), spread(pairs, 'p99'), spread(pairs, 'cpu')],
  ];
}

function goalsOf(what: string, pairs: readonly Pair[]) {
  return [
    atMost(`${what}, ratio of medians`, ratio(pairs, 'median'), GOAL),
    atMost(`${what}, ratio of p99`, ratio(pairs, 'p99'), GOAL),
  ];
}

function ratio(pairs: readonly Pair[], figure: keyof Latencies): number {
  return median(ratios(pairs, figure));
}

function spread(pairs: readonly Pair[], figure: keyof Latencies): string {
  const all = ratios(pairs, figure);
  return `${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)}`;
}

function ratios(pairs: readonly Pair[], figure: keyof Latencies): number[] {
  return pairs.map(({ product, straightLine }) => product[figure] / straightLine[figure]);
}
