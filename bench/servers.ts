import { PostgresServer } from '../test/support/postgres-server.js';
import { RedisServer } from '../test/support/redis-server.js';

/** Registers something to end after the work, also after an error; the last one ends first. */
export type AtEnd = (end: () => unknown) => void;

/** The servers started for a benchmark. */
export interface Servers {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly atEnd: AtEnd;
}

/** Does some work, then ends everything registered during it. */
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
    // With a setting it is a new server, not a shared one, so it may be emptied.
    const redis = await RedisServer.start(['--maxmemory-policy', 'noeviction']);
    atEnd(() => redis.stop());
    return measure({ postgres, redis, atEnd });
  });
}
