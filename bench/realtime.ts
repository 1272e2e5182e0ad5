import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { Pool } from 'pg';
import { median, quantile } from 'simple-statistics';
import { RedisDoorbell } from '../src/realtime/redis-doorbell.js';
import { freePort } from '../test/support/free-port.js';
import { Audience, CommitTimes } from './audience.js';
import { PRODUCT, startProgram } from './program.js';
import { atMost, machine, type Report } from './report.js';
import { withServers } from './servers.js';
import { Sender, type Kind } from './sender.js';

const BARE = fileURLToPath(new URL('bare-sockets.js', import.meta.url));
const MEMORY_HOOK = new URL('memory-hook.js', import.meta.url).href;

/** Everyone has two tabs open. */
const TABS = 2;

const GOAL = { delivery: 1.5, memory: 1.3 };

type Way = 'product' | 'bare';

interface Contestant {
  readonly audience: Audience;
  readonly people: readonly string[];
  readonly doorbell: RedisDoorbell;
  readonly bytesPerSocket: number;
  readonly rssPerSocket: number;
}

/**
 * Events from Redis to sockets, against a bare Socket.IO server that does the same fan-out; both in pairs of rounds, one
 * right after the other, with the same sockets open on both.
 */
export function realtime(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '5' },
      sockets: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '20' },
    },
  });
  const [pairs, sockets, rate, seconds] = [values.pairs, values.sockets, values.rate, values.seconds].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return withServers(async ({ postgres, redis, atEnd }) => {
    const database = await postgres.createDatabase();
    const log = new Pool({ connectionString: database.url, max: 4 });
    atEnd(() => log.end());
    const publisher = new Redis(redis.url);
    atEnd(() => publisher.disconnect());
    const jwtSecret = randomBytes(32).toString('hex');
    const commits = new CommitTimes();
    const shared = { REDIS_URL: redis.url, JWT_SECRET: jwtSecret };
    // Each has its own people: events logged for the other's would reach the product late, and be counted.
    const open = async (file: string, prefix: string, env: Readonly<Record<string, string>>, readyPath: string) => {
      const port = String(await freePort());
      const program = await startProgram(file, {
        env: { ...shared, ...env, MEMORY_PORT: port, NODE_OPTIONS: `--import ${MEMORY_HOOK}` },
        readyPath,
      });
      atEnd(() => program.end());
      const audience = new Audience(program.url, commits);
      atEnd(() => audience.leave());
      const people = Array.from({ length: Math.ceil(sockets / TABS) }, (_, n) => `${prefix}-${n}`);
      await log.query('INSERT INTO users (id) SELECT unnest($1::text[])', [people]);
      const guests = await Promise.all(
        people.map(async (userId) => ({ userId, token: await tokenOf(userId, jwtSecret) })),
      );
      const crowd = guests.flatMap((guest) => Array.from({ length: TABS }, () => guest)).slice(0, sockets);
      await audience.join(crowd.slice(0, 50)); // What is loaded once for the first sockets is not counted.
      const before = await memoryOf(port);
      await audience.join(crowd.slice(50));
      const after = await memoryOf(port);
      const more = crowd.length - 50;
      return {
        audience,
        people,
        doorbell: new RedisDoorbell({ prefix, get: () => publisher }, false),
        bytesPerSocket: (after.held - before.held) / more,
        rssPerSocket: (after.rss - before.rss) / more,
      };
    };
    const product = await open(
      PRODUCT,
      'product',
      {
        NODE_ENV: 'production',
        ROLE: 'api',
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://soul.example.org',
        ALLOWED_HOSTS: '127.0.0.1',
        QUEUE_PREFIX: 'product',
        TOKEN_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
        DATABASE_URL: database.url,
        API_RATE_MAX: '0',
        EXTRACTION_SCHEDULE: 'off',
      },
      '/health/ready',
    );
    const bare = await open(BARE, 'bare', { CHANNEL: 'bare:doorbell' }, '/');
    const contestants: Readonly<Record<Way, Contestant>> = { product, bare };

    const found: Record<Kind, { product: Figures; bare: Figures }[]> = { progress: [], durable: [] };
    for (const kind of ['progress', 'durable'] as const) {
      for (let n = -1; n < pairs; n++) {
        const measured = new Map<Way, Figures>();
        for (const way of n % 2 === 0 ? (['product', 'bare'] as const) : (['bare', 'product'] as const)) {
          const { audience, people, doorbell } = contestants[way];
          audience.begin();
          const sender = new Sender(doorbell, log, kind, commits);
          await sender.send(people, rate, seconds);
          const deliveries = await audience.deliveries(rate * seconds * TABS);
          measured.set(way, { median: median([...deliveries]), p99: quantile([...deliveries], 0.99) });
        }
        const [ours, theirs] = [measured.get('product'), measured.get('bare')];
        // The first pair warms both up.
        if (n >= 0 && ours && theirs) found[kind].push({ product: ours, bare: theirs });
      }
    }
    const over = (kind: Kind, way: Way, figure: keyof Figures) => median(found[kind].map((pair) => pair[way][figure]));
    const ratios = (kind: Kind, figure: keyof Figures) => found[kind].map((p) => p.product[figure] / p.bare[figure]);
    const memory = product.bytesPerSocket / bare.bytesPerSocket;
    return {
      benchmark: 'realtime',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${sockets} sockets (${TABS} a person) on each server, ${rate} events a second for ${seconds} s, ${pairs} pairs of rounds after one to warm up.`,
        'Milliseconds from sending (of durable events: from their commit) to the client; median over the rounds, each ratio the median over the pairs.',
        'Durable events are committed to the log first. Both servers receive the same messages, sent by the doorbell of the product.',
        'Memory is what is held after a collection, for each socket beyond the first 50.',
      ],
      columns: ['', 'median', 'p99'],
      rows: (['progress', 'durable'] as const)
        .flatMap((kind) => [
          [`${kind} events`, over(kind, 'product', 'median'), over(kind, 'product', 'p99')],
          ['  bare Socket.IO', over(kind, 'bare', 'median'), over(kind, 'bare', 'p99')],
          ['  ratio', median(ratios(kind, 'median')), median(ratios(kind, 'p99'))],
          ['  lowest and highest of a pair', spread(ratios(kind, 'median')), spread(ratios(kind, 'p99'))],
        ])
        .concat([
          ['memory of a socket, kB held', product.bytesPerSocket / 1_000, ''],
          ['  bare Socket.IO', bare.bytesPerSocket / 1_000, ''],
          ['  resident, kB: ours and bare', product.rssPerSocket / 1_000, bare.rssPerSocket / 1_000],
        ]),
      goals: [
        atMost('progress events, ratio of p99', median(ratios('progress', 'p99')), GOAL.delivery),
        atMost('durable events, ratio of p99', median(ratios('durable', 'p99')), GOAL.delivery),
        atMost('memory of a socket, ratio', memory, GOAL.memory),
      ],
    };
  });
}

interface Figures {
  readonly median: number;
  readonly p99: number;
}

function tokenOf(userId: string, secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime('2h')
    .sign(new TextEncoder().encode(secret));
}

async function memoryOf(port: string): Promise<{ held: number; rss: number }> {
  await new Promise((resolve) => setTimeout(resolve, 2_000)); // Until the last sockets have their snapshots.
  return (await (await fetch(`http://127.0.0.1:${port}`)).json()) as { held: number; rss: number };
}

function spread(ratios: readonly number[]): string {
  return `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
}
