import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import type { Transaction } from '../src/database/database.js';
import { buildSignature } from '../src/soul-signature/build-signature.js';
import { readStatistics } from '../src/soul-signature/statistics/read-statistics.js';
import { openDatabase, type OpenDatabase } from '../test/support/open-database.js';
import { PostgresServer } from '../test/support/postgres-server.js';
import { atMost, machine, type Report } from './report.js';

const SIZES = [1_000, 100_000, 1_000_000] as const;
const PAGE = 1_000;
const ASOF = new Date('2026-11-20T00:00:00Z');
const ZONE = { iana: 'Europe/Berlin', source: 'user' } as const;

/** One size of one person. Milliseconds, medians. */
interface Measured {
  readonly items: number;
  readonly rebuildMs: number;
  readonly bareMs: number;
  readonly overBare: number;
  readonly addMs: number;
}

/**
 * A signature from kept statistics at a thousand, a hundred thousand and a million items: the whole rebuild, beside the
 * bare queries that its numbers need, and what a further page of a thousand items costs.
 */
export async function signature(args: string[]): Promise<Report> {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } });
  const rounds = Number(values.rounds);
  const postgres = await PostgresServer.start();
  try {
    const { url } = await postgres.createDatabase();
    const open = await openDatabase({ url });
    try {
      const measured: Measured[] = [];
      for (const items of SIZES) measured.push(await measure(open, items, rounds));
      const [small, , large] = measured;
      if (!small || !large) throw new Error('nothing was measured');
      return {
        benchmark: 'signature',
        at: new Date().toISOString(),
        machine: machine(),
        method: [
          `One person with so many plays of 20,000 artists over up to ten years, on PostgreSQL; ${rounds} rounds after one to warm up.`,
          'Rebuild: reading the kept statistics and computing the document. Bare: only the queries for key-days, quarters and samples.',
          `Adding: one statement with ${PAGE} new items, as extraction writes a page, statistics included.`,
          'Times in milliseconds, medians; ratios are medians over the rounds.',
        ],
        columns: ['items', 'rebuild', 'bare queries', 'rebuild / bare', `add ${PAGE}`],
        rows: measured.map((one) => [String(one.items), one.rebuildMs, one.bareMs, one.overBare, one.addMs]),
        goals: [
          atMost('rebuild at a million items, ms', large.rebuildMs, 1_000),
          atMost('adding to a million against adding to a thousand', large.addMs / small.addMs, 1.5),
          atMost('rebuild against the bare queries, at a million', large.overBare, 2),
        ],
      };
    } finally {
      await open.close();
    }
  } finally {
    await postgres.stop();
  }
}

async function measure({ database }: OpenDatabase, items: number, rounds: number): Promise<Measured> {
  const userId = `person with ${items}`;
  await database.query('INSERT INTO users (id) VALUES ($1)', [userId]);
  for (let done = 0; done < items; done += 50_000) {
    await add(database, userId, done, Math.min(50_000, items - done));
  }
  await database.query('ANALYZE');
  const options = { connected: ['spotify'], asOf: ASOF };
  const figures: { rebuild: number; bare: number; ratio: number; adding: number }[] = [];
  for (let round = -1; round < rounds; round++) {
    const bare = await time(() => database.snapshot((tx) => bareQueries(tx, userId)));
    const rebuild = await time(async () => {
      const statistics = await database.snapshot((tx) =>
        readStatistics((sql, parameters) => tx.query(sql, parameters), userId, options),
      );
      buildSignature(statistics, { asOf: ASOF, zone: ZONE });
    });
    const adding = await time(() => add(database, userId, items + (round + 1) * PAGE, PAGE));
    if (round >= 0) figures.push({ rebuild, bare, ratio: rebuild / bare, adding });
  }
  return {
    items,
    rebuildMs: median(figures.map((one) => one.rebuild)),
    bareMs: median(figures.map((one) => one.bare)),
    overBare: median(figures.map((one) => one.ratio)),
    addMs: median(figures.map((one) => one.adding)),
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The queries that any program needs for the same numbers: artists and tracks by day, quarter hours, newest plays. */
async function bareQueries(database: Transaction, userId: string): Promise<void> {
  for (const key of ['artist:', 'track:']) {
    const groups = Array.from({ length: 20 }, (_, g) => `count(*) FILTER (WHERE day % 20 = ${g})::int`).join(', ');
    await database.query(
      `SELECT key, count(*)::int, ARRAY[${groups}] FROM stat_key_day
       WHERE user_id = $1 AND platform = 'spotify' AND kind = 'play' AND starts_with(key, $2) GROUP BY key`,
      [userId, key],
    );
  }
  await database.query(`SELECT platform, kind, day, items, morning, afternoon FROM stat_day WHERE user_id = $1`, [
    userId,
  ]);
  await database.query(
    `SELECT external_id FROM items WHERE user_id = $1 AND platform = 'spotify' AND kind = 'play' AND time_meaning = 'user_act'
     ORDER BY occurred_at DESC LIMIT 3`,
    [userId],
  );
}

/** Plays number `from` to `from + count`: sessions of one artist, Zipf's law over artists, older plays first. */
async function add(database: OpenDatabase['database'], userId: string, from: number, count: number): Promise<void> {
  await database.query(
    `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
     SELECT $1, 'spotify', 'play', 't' || artist || '-' || n % 3 || '@' || n, 'artist:' || artist,
            timestamptz '2016-01-01 00:00Z' + n * interval '5 minutes' + (n / 12 % 5) * interval '20 minutes', 'user_act',
            jsonb_build_object('name', 'Track ' || artist, 'artists', jsonb_build_array(jsonb_build_object('id', artist::text, 'name', 'Artist ' || artist)))
     FROM (SELECT n, floor(power(20000, (hashint8(n / 8)::bigint + 2147483648) / 4294967296.0))::int AS artist
           FROM generate_series($2::bigint, $2::bigint + $3::bigint - 1) n) plays`,
    [userId, from, count],
  );
}
