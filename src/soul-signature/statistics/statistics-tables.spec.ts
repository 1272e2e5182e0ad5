import fc from 'fast-check';
import { REBUILD_STATISTICS } from '../../database/migrations/1764400000000-signature-statistics.js';
import { inFull } from '../../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';

let open: OpenDatabase;
const query = (sql: string, parameters: unknown[] = []) =>
  open.database.query<Record<string, unknown>>(sql, parameters);

beforeAll(async () => {
  open = await openDatabase();
  for (const user of ['a', 'b']) await query('INSERT INTO users (id) VALUES ($1)', [user]);
});
afterAll(() => open.close());

const tables = async () =>
  JSON.stringify([
    await query('SELECT * FROM stat_kind ORDER BY user_id, platform, kind'),
    await query('SELECT * FROM stat_quarter ORDER BY user_id, platform, kind, quarter'),
    await query('SELECT * FROM stat_key_day ORDER BY user_id, platform, kind, key COLLATE "C", day'),
  ]);

interface Row {
  readonly user: string;
  readonly kind: string;
  readonly id: number;
  readonly key: string | null;
  readonly at: number | null;
  readonly meaning: string;
}

const row = fc.record({
  user: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom('play', 'commit'),
  id: fc.integer({ min: 0, max: 12 }),
  key: fc.constantFrom(null, 'artist:x', 'artist:y', 'show:z'),
  at: fc.option(fc.integer({ min: -2, max: 6 * 96 }).map((quarter) => 1_780_000_000_000 + quarter * 899_990)),
  meaning: fc.constantFrom('user_act', 'user_act', 'content'),
});

/** As extraction writes a page: many rows in one statement, those known before changed in place. */
async function upsert(rows: readonly Row[]): Promise<void> {
  const unique = [...new Map(rows.map((one) => [`${one.user} ${one.kind} ${one.id}`, one])).values()];
  await query(
    `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
     SELECT "user", 'spotify', kind, 't' || id % 3 || '@' || id, key, to_timestamp(at / 1000.0), meaning, '{}'
     FROM jsonb_to_recordset($1) AS page("user" text, kind text, id int, key text, at float8, meaning text)
     ON CONFLICT (user_id, platform, kind, external_id) DO UPDATE
       SET key = excluded.key, occurred_at = excluded.occurred_at, time_meaning = excluded.time_meaning, gone_at = NULL
       WHERE (items.key, items.occurred_at, items.time_meaning)
         IS DISTINCT FROM (excluded.key, excluded.occurred_at, excluded.time_meaning) OR items.gone_at IS NOT NULL`,
    [JSON.stringify(unique)],
  );
}

describe('the statistics kept with the items', () => {
  it('are after any sequence of pages, changes, losses and deletions what a full count gives, to the last act', async () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.array(row, { minLength: 1, maxLength: 15 }).map((rows) => ({ rows, below: null, gone: false })),
      },
      {
        weight: 2,
        arbitrary: fc
          .record({ below: fc.integer({ min: 0, max: 13 }), gone: fc.boolean() })
          .map((which) => ({ rows: [] as Row[], ...which })),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        for (const { rows, below, gone } of steps) {
          if (below === null) {
            await upsert(rows);
          } else {
            await query(
              `${gone ? 'UPDATE items SET gone_at = now()' : 'DELETE FROM items'}
               WHERE user_id = 'a' AND split_part(external_id, '@', 2)::int < $1`,
              [below],
            );
          }
        }
        const kept = await tables();
        for (const statement of REBUILD_STATISTICS) await query(statement);
        expect(kept === (await tables())).toBe(true);
      }),
      { seed: 7, numRuns: inFull(40, 10) },
    );
  });

  it('go with their person', async () => {
    await upsert([{ user: 'b', kind: 'play', id: 1, key: 'artist:x', at: 1_780_000_000_000, meaning: 'user_act' }]);
    expect(await query(`SELECT FROM stat_key_day WHERE user_id = 'b'`)).not.toHaveLength(0);
    await query(`DELETE FROM users WHERE id = 'b'`);
    for (const table of ['stat_kind', 'stat_quarter', 'stat_key_day']) {
      expect(await query(`SELECT FROM ${table} WHERE user_id = 'b'`)).toHaveLength(0);
    }
  });
});
