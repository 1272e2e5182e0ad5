import { SignJWT } from 'jose';
import { Redis } from 'ioredis';
import type { TestDatabase } from '../test/support/postgres-server.js';
import { until } from '../test/support/until.js';
import type { LoadRequest } from './load.js';
import type { Program } from './program.js';

/** The two ways to end a connect. */
export type Route = 'browser' | 'program';

const AT_ONCE = 20;

/** One of the two programs that are compared, with its own database and its own keys in Redis. */
export class Contestant {
  private begun = 0;

  constructor(
    readonly program: Program,
    private readonly database: TestDatabase,
    private readonly redis: Redis,
    private readonly queuePrefix: string,
    private readonly jwtSecret: string,
  ) {}

  /** Begins a connect for each of so many new people, up to the callback. */
  async begin(count: number, route: Route): Promise<LoadRequest[]> {
    const people = Array.from({ length: count }, () => `person-${(this.begun += 1)}`);
    const requests: LoadRequest[] = [];
    const waiting = people.values();
    const client = async () => {
      for (const userId of waiting) requests.push(await this.authorize(userId, route));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    return requests;
  }

  /**
   * Checks that all rows and Bull jobs are there, and deletes them.
   * @returns how long it took after the last answer until the last job was in Bull, in milliseconds
   */
  async finish(count: number): Promise<number> {
    const since = performance.now();
    const wait = `${this.queuePrefix}:extraction:wait`;
    await until(`${count} jobs in Bull`, async () => (await this.redis.llen(wait)) >= count, { everyMs: 5 });
    const queuedMs = performance.now() - since;
    const [done] = (await this.database.query(
      `SELECT (SELECT count(*)::int FROM connects WHERE status = 'connected') AS connects,
         (SELECT count(*)::int FROM connections WHERE access_token <> '') AS connections,
         (SELECT count(*)::int FROM jobs) AS jobs, (SELECT count(*)::int FROM events) AS events`,
    )) as unknown[];
    const expected = { connects: count, connections: count, jobs: count, events: 2 * count };
    if (JSON.stringify(done) !== JSON.stringify(expected)) {
      throw new Error(`Expected ${JSON.stringify(expected)}, found ${JSON.stringify(done)}`);
    }
    await this.database.query('TRUNCATE connects, connections, jobs, events CASCADE');
    await this.redis.del(...(await this.redis.keys(`${this.queuePrefix}:extraction:*`)));
    return queuedMs;
  }

  private async authorize(userId: string, route: Route): Promise<LoadRequest> {
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(this.jwtSecret));
    const authorization = `Bearer ${token}`;
    const json = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(`${this.program.url}/api/connectors/spotify/authorize`, {
      method: 'POST',
      headers: json,
      body: '{}',
    });
    const [cookie = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';');
    const { state } = ((await answer.json()) as { data: { state: string } }).data;
    const code = 'c'.repeat(200);
    return route === 'browser'
      ? {
          method: 'GET',
          path: `/api/connectors/spotify/callback?code=${code}&state=${state}`,
          headers: { cookie, accept: 'text/html' },
          status: 303,
        }
      : {
          method: 'POST',
          path: '/api/connectors/callback',
          headers: json,
          body: JSON.stringify({ platform: 'spotify', code, state }),
          status: 200,
        };
  }
}
