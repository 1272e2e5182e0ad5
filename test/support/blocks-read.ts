import type { Database } from '../../src/database/database.js';

/**
 * How many blocks of 8 kB PostgreSQL looks at for some work: a cost that is the same on every machine. Only work on a
 * single connection of a database that nobody else uses can be measured. It is done six times before, because a prepared
 * statement is planned anew the first five times; of three times the least counts, because PostgreSQL tidies up by itself.
 */
export async function blocksRead(database: Database, work: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < 6; n += 1) await work();
  const found: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const before = await blocks(database);
    await work();
    found.push((await blocks(database)) - before);
  }
  return Math.min(...found);
}

async function blocks(database: Database): Promise<number> {
  await database.query('SELECT pg_stat_force_next_flush()');
  const [row] = await database.query<{ blocks: number }>(
    'SELECT blks_hit + blks_read AS blocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.blocks ?? 0;
}
