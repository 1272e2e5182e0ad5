import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';
import { median, quantile } from 'simple-statistics';
import { Child } from '../test/support/child.js';
import { PRODUCT, startProgram } from './program.js';
import { atMost, machine, type Goal, type Report } from './report.js';
import type { FloodKind, FloodOrder } from './rude/flood.js';
import { PolitePeople } from './rude/polite.js';
import { prepare, RUDE } from './rude/prepare.js';
import { withServers, type Servers } from './servers.js';
import { startTokenEndpoint } from './token-endpoint.js';

const [BARE, FLOOD] = ['rude/bare-refusal.js', 'rude/flood.js'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
) as [string, string];

const KINDS: readonly FloodKind[] = [
  'metrics',
  'replays',
  'exports',
  'evidence',
  'deep JSON',
  'dashboard passwords',
  'handshakes',
  'slow bodies',
  'half-open sockets',
  'large bodies',
  'uploads',
];

const GOAL = 2;

/** From the start of a flood to the first measured second. */
const RISE_MS = 1_000;

type Engine = 'postgres' | 'embedded';

interface Settings {
  readonly people: number;
  readonly seconds: number;
  readonly pairs: number;
  readonly kinds: readonly FloodKind[];
}

interface Round {
  readonly p99: number;
  readonly failures: readonly string[];
  /** The answers that the flood got, by status. */
  readonly answers: string;
}

/**
 * What polite people notice of one rude client: each flood in pairs of rounds, aimed at a bare server that refuses
 * everything and at the product, while the same people use the product.
 */
export function rude(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      engines: { type: 'string', default: 'postgres,embedded' },
      people: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '10' },
      pairs: { type: 'string', default: '3' },
      items: { type: 'string', default: '1000000' },
      'embedded-items': { type: 'string', default: '100000' },
      only: { type: 'string', default: KINDS.join(',') },
    },
  });
  const settings: Settings = {
    people: Number(values.people),
    seconds: Number(values.seconds),
    pairs: Number(values.pairs),
    kinds: KINDS.filter((kind) => values.only.split(',').includes(kind)),
  };
  const items = { postgres: Number(values.items), embedded: Number(values['embedded-items']) };
  return withServers(async (servers) => {
    const rows: (string | number)[][] = [];
    const goals: Goal[] = [];
    for (const engine of ['postgres', 'embedded'] as const) {
      if (!values.engines.split(',').includes(engine)) continue;
      for (const { kind, pairs } of await measure(servers, engine, items[engine], settings)) {
        const ratio = median(pairs.map(({ bare, product }) => product.p99 / bare.p99));
        const [bare, product] = (['bare', 'product'] as const).map((which) =>
          median(pairs.map((pair) => pair[which].p99)),
        );
        const failures = pairs.flatMap((pair) => pair.product.failures);
        if (failures[0] !== undefined) process.stderr.write(`${engine}, ${kind}: ${failures[0]}\n`);
        rows.push([
          `${engine}: ${kind}`,
          bare ?? 0,
          product ?? 0,
          ratio,
          failures.length,
          pairs[0]?.product.answers ?? '',
        ]);
        goals.push(atMost(`${engine}, ${kind}, ratio of p99`, ratio, GOAL));
        goals.push(atMost(`${engine}, ${kind}, failures of polite people`, failures.length, 0));
      }
    }
    return {
      benchmark: 'rude',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${settings.people} polite people with a socket each, who every 2 s read, connect a platform, or ask for their events.`,
        `p99 in milliseconds while one rude client floods a bare server, and while it floods the product; ${settings.pairs} pairs of rounds of ${settings.seconds} s.`,
        `The rude person has ${items.postgres} items on PostgreSQL and ${items.embedded} embedded.`,
      ],
      columns: ['', 'p99 beside the bare one', 'p99 beside ours', 'ratio', 'failures', 'the first flood got'],
      rows,
      goals,
    };
  });
}

async function measure(servers: Servers, engine: Engine, items: number, { people, seconds, pairs, kinds }: Settings) {
  const jwtSecret = randomBytes(32).toString('hex');
  const product = await startProduct(servers, engine, jwtSecret, items);
  const bare = await startProgram(BARE, { env: {}, readyPath: '/health' });
  const polite = new PolitePeople(
    product.url,
    await Promise.all(
      Array.from({ length: people }, async (_, n) => ({
        userId: `polite-${n}`,
        token: await tokenOf(`polite-${n}`, jwtSecret),
      })),
    ),
  );
  try {
    await polite.arrive();
    await polite.live(seconds);
    const round = async (order: FloodOrder): Promise<Round> => {
      const flood = new Child(process.execPath, [FLOOD, JSON.stringify(order)]);
      await sleep(RISE_MS);
      const { took, failures } = await polite.live(seconds);
      await flood.end('SIGTERM', 5_000);
      return { p99: quantile(took, 0.99), failures, answers: flood.lines.at(-1) ?? '' };
    };
    const found = [];
    for (const kind of kinds) {
      const token = await tokenOf(RUDE, jwtSecret);
      const measured: { bare: Round; product: Round }[] = [];
      for (let n = 0; n < pairs; n++) {
        const atBare = () => round({ kind, token, url: bare.url, sockets: false });
        const atProduct = () => round({ kind, token, url: product.url, sockets: true });
        if (n % 2 === 0) measured.push({ bare: await atBare(), product: await atProduct() });
        else {
          const first = await atProduct();
          measured.push({ product: first, bare: await atBare() });
        }
      }
      found.push({ kind, pairs: measured });
    }
    return found;
  } finally {
    await polite.leave();
    await bare.end();
    await product.end();
  }
}

async function startProduct({ postgres, redis, atEnd }: Servers, engine: Engine, jwtSecret: string, items: number) {
  const tokens = await startTokenEndpoint();
  atEnd(() => tokens.close());
  const folder = mkdtempSync(join(tmpdir(), 'soul-rude-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const shared = {
    DATA_DIR: folder,
    HOST: '127.0.0.1',
    JWT_SECRET: jwtSecret,
    DASHBOARD_PASSWORD: randomBytes(16).toString('hex'),
    METRICS_TOKEN: randomBytes(16).toString('hex'),
    TOKEN_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    API_RATE_MAX: '300',
    SYNC_WAIT_MS: '0',
    SANDBOX: 'false',
    EXTRACTION_SCHEDULE: 'off',
    PLATFORM_SPOTIFY_CLIENT_ID: 'bench',
    PLATFORM_SPOTIFY_CLIENT_SECRET: 'bench-secret',
    PLATFORM_SPOTIFY_TOKEN_URL: tokens.url,
  };
  const env =
    engine === 'embedded'
      ? { ...shared, LOG_PRETTY: 'false' }
      : {
          ...shared,
          NODE_ENV: 'production',
          ROLE: 'api',
          PUBLIC_URL: 'https://soul.example.org',
          ALLOWED_HOSTS: '127.0.0.1',
          DATABASE_URL: (await postgres.createDatabase({ empty: true })).url,
          REDIS_URL: redis.url,
          QUEUE_PREFIX: 'rude',
        };
  await prepare(env, items);
  return startProgram(PRODUCT, { env });
}

function tokenOf(userId: string, secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime('5h')
    .sign(new TextEncoder().encode(secret));
}
