import { PostgresServer } from '../test/support/postgres-server.js';
import { RedisServer } from '../test/support/redis-server.js';

/** Has something ended when the work is over, however it ends; what began last ends first. */
export type AtEnd = (end: () => unknown) => void;

/** Servers of a benchmark's own. */
export interface Servers {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly atEnd: AtEnd;
}

/** Does some work, and ends whatever was begun for it. */
export async function whileOpen<Result>(work: (atEnd: AtEnd) => Promise<Result>): Promise<Result> {
  const ending: (() => unknown)[] = [];
  try {
    return await work((end) => ending.push(end));
  } finally {
    for (const end of ending.reverse()) await end();
  }
}

/** Measures on a PostgreSQL and a Redis that are started for it. */
export function withServers<Result>(measure: (servers: Servers) => Promise<Result>): Promise<Result> {
  return whileOpen(async (atEnd) => {
    const postgres = await PostgresServer.start();
    atEnd(() => postgres.stop());
    // With a setting it is one of our own, which may be emptied.
    const redis = await RedisServer.start(['--maxmemory-policy', 'noeviction']);
    atEnd(() => redis.stop());
    return measure({ postgres, redis, atEnd });
  });
}
