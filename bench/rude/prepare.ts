import { parseConfig } from '../../src/config/config.js';
import { openDataSource } from '../../src/database/data-source.js';

/** The person whose items are many, and whose one claim rests on all of them. */
export const RUDE = 'rude';

const CLAIM = {
  key: 'all',
  evidence: {
    predicate: { platforms: ['spotify'], kinds: ['play'], dayFrom: 0, dayTo: 100_000, timeMeaning: 'user_act' },
  },
};

/**
 * Makes the schema, the rude person's items and a version of their signature, and pauses extractions, so that those the
 * polite people cause do not run. Statistics are left out: they cost only time here.
 */
export async function prepare(env: Readonly<Record<string, string>>, items: number): Promise<void> {
  const source = await openDataSource(parseConfig(env), []);
  try {
    await source.query(`INSERT INTO users (id) VALUES ($1)`, [RUDE]);
    await source.transaction(async (manager) => {
      await manager.query(`SET LOCAL session_replication_role = replica`); // No triggers.
      await manager.query('SET LOCAL statement_timeout = 0');
      await manager.query(
        `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
         SELECT $1, 'spotify', 'play', 'play-' || n, 'track:' || n % 5000, now() - n * interval '1 minute', 'user_act', '{"name": "A song"}'
         FROM generate_series(1, $2::int) AS n`,
        [RUDE, items],
      );
    });
    await source.query(
      `INSERT INTO signatures (user_id, version, built_at, digest, document) VALUES ($1, 1, now(), 'x', $2)`,
      [RUDE, JSON.stringify({ facets: {}, facts: [CLAIM], coverage: {} })],
    );
    await source.query(
      `INSERT INTO queues (name, paused_at) VALUES ('extraction', now()) ON CONFLICT (name) DO UPDATE SET paused_at = now()`,
    );
    await source.query('ANALYZE items');
  } finally {
    await source.destroy();
  }
}
