import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { max, median, quantile } from 'simple-statistics';
import { ApiClient, decide } from '../test/support/api-client.js';
import { freePort } from '../test/support/free-port.js';
import type { PostgresServer } from '../test/support/postgres-server.js';
import type { RedisServer } from '../test/support/redis-server.js';
import { SandboxControl } from '../test/support/sandbox-control.js';
import { PRODUCT, startProgram } from './program.js';

const LATENCY_MS = 400;
const PEOPLE = 15;
const ARRIVE_EVERY_MS = 500;
const PERSONA = 'commuter';
const LIMIT_MS = 180_000;

/** What a slow platform does to the people who connect it. Milliseconds. */
export interface SlowApi {
  readonly latencyMs: number;
  readonly people: number;
  readonly callback: { readonly median: number; readonly p99: number };
  /** From the event `extraction_completed` to `signature_started`. */
  readonly signatureDelay: { readonly median: number; readonly longest: number };
}

/** People connect one by one, while the extractions of those before them are held up by the platform's slow API. */
export async function measureSlowApi(postgres: PostgresServer, redis: RedisServer): Promise<SlowApi> {
  const database = await postgres.createDatabase();
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: 'slow',
    JWT_SECRET: randomBytes(32).toString('hex'),
    TOKEN_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    SANDBOX_PORT: String(await freePort()),
    EXTRACTION_RATE_MAX: '0',
    EXTRACTION_CONCURRENCY: String(PEOPLE),
    LOG_PRETTY: 'false',
  };
  const api = await startProgram(PRODUCT, { env: { ...env, ROLE: 'api' } });
  try {
    const worker = await startProgram(PRODUCT, { env: { ...env, ROLE: 'worker' } });
    try {
      const sandbox = new SandboxControl(`http://127.0.0.1:${env.SANDBOX_PORT}`, 'spotify');
      await sandbox.addFault({ scope: 'api', latencyMs: LATENCY_MS });
      const took: number[] = [];
      const people: ApiClient[] = [];
      for (let n = 0; n < PEOPLE; n++) {
        const person = await ApiClient.signIn(api, { timeZone: 'Europe/Berlin' });
        took.push(await connect(person));
        people.push(person);
        await sleep(ARRIVE_EVERY_MS);
      }
      const delays = await Promise.all(people.map(signatureDelay));
      return {
        latencyMs: LATENCY_MS,
        people: PEOPLE,
        callback: { median: median(took), p99: quantile(took, 0.99) },
        signatureDelay: { median: median(delays), longest: max(delays) },
      };
    } finally {
      await worker.end();
    }
  } finally {
    await api.end();
    await database.drop();
  }
}

/** Connects as a browser does. @returns the milliseconds of the callback */
export async function connect(person: ApiClient, persona = PERSONA): Promise<number> {
  const begun = await person.call('POST', '/connectors/spotify/authorize', { body: {} });
  const [cookie = ''] = (begun.headers.getSetCookie()[0] ?? '').split(';');
  const { authorizationUrl } = (begun.body as { data: { authorizationUrl: string } }).data;
  const { code = '', state = '' } = await decide(authorizationUrl, persona);
  const path = `/connectors/spotify/callback?${new URLSearchParams({ code, state }).toString()}`;
  const startedAt = performance.now();
  const { status, headers } = await person.call('GET', path, { headers: { cookie } });
  const ms = performance.now() - startedAt;
  if (status !== 303 || headers.get('location') !== '/?connected=spotify') {
    throw new Error(`${status} ${headers.get('location') ?? ''} from the callback`);
  }
  return ms;
}

async function signatureDelay(person: ApiClient): Promise<number> {
  const [completed, started] = await Promise.all(
    ['extraction_completed', 'signature_started'].map(
      (type) => person.event(type, 0, LIMIT_MS) as Promise<{ readonly at: string }>,
    ),
  );
  return Date.parse(started?.at ?? '') - Date.parse(completed?.at ?? '');
}
