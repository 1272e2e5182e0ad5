import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Database, type Transaction } from '../database/database.js';
import { REBUILD_STATISTICS } from '../database/migrations/1764400000000-signature-statistics.js';
import { DataMoves1764793000000 } from '../database/migrations/1764793000000-data-moves.js';
import { storableJson } from '../database/storable.js';
import type { ExtractedItem, JsonObject } from '../platforms/platform.js';
import { keyByName } from '../platforms/spotify/spotify-keys.js';
import { ArtistKeys } from './artist-keys.js';
import { ItemStore } from './item-store.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);

/** An item as an earlier version stored it, and the key that it is to have. */
interface FormerRow {
  readonly platform?: string;
  readonly kind: string;
  readonly externalId: string;
  readonly key: string | null;
  readonly to: string | null;
  readonly payload: JsonObject;
  readonly gone?: boolean;
}

/** Plays by twelve artists, of whom two have one name and one has none, and of episodes. */
function plays(count: number): FormerRow[] {
  return Array.from({ length: count }, (_, n): FormerRow => {
    const play = { kind: 'play', externalId: `t${n % 40}@${START + n * 7_000_000}` };
    const id = n % 12;
    if (n % 50 === 49) return { ...play, key: 'show:S1', to: 'show:the daily', payload: { type: 'episode', show } };
    if (id === 0) return { ...play, key: 'artist:N0', to: 'artist:N0', payload: { artists: [{ id: 'N0' }] } };
    const first = { id: `A${id}`, name: id === 11 ? ' ARTIST  1' : `Artist ${id}` };
    const guest = { id: 'G', name: 'Guest' };
    const to = `artist:artist ${id === 11 ? 1 : id}`;
    return { ...play, key: `artist:A${id}`, to, payload: { artists: [first, guest] } };
  });
}

const artists = [{ id: 'A1', name: 'Artist 1' }];
const show = { id: 'S1', name: 'The Daily' };
const REST: readonly FormerRow[] = [
  {
    kind: 'top-artist',
    externalId: 'short_term:A1:2026-11-01',
    key: 'artist:A1',
    to: 'artist:artist 1',
    payload: { name: 'Artist 1' },
  },
  { kind: 'top-artist', externalId: 'short_term:N0:2026-11-01', key: 'artist:N0', to: 'artist:N0', payload: {} },
  {
    kind: 'top-track',
    externalId: 'short_term:t:2026-11-01',
    key: 'artist:A1',
    to: 'artist:artist 1',
    payload: { artists },
  },
  { kind: 'followed-artist', externalId: 'A1', key: 'artist:A1', to: 'artist:artist 1', payload: { name: 'Artist 1' } },
  { kind: 'followed-artist', externalId: 'N0', key: 'artist:N0', to: 'artist:N0', payload: { genres: ['jazz'] } },
  { kind: 'saved-track', externalId: 't1', key: 'artist:A1', to: 'artist:artist 1', payload: { artists } },
  { kind: 'saved-track', externalId: 't2', key: 'artist:A1', to: 'artist:artist 1', payload: { artists }, gone: true },
  { kind: 'saved-album', externalId: 'a1', key: 'artist:A1', to: 'artist:artist 1', payload: { artists } },
  { kind: 'saved-show', externalId: 'S1', key: 'show:S1', to: 'show:the daily', payload: { name: 'The Daily' } },
  { kind: 'saved-show', externalId: 'S2', key: 'show:S2', to: 'show:S2', payload: {} },
  { kind: 'saved-episode', externalId: 'e1', key: 'show:S1', to: 'show:the daily', payload: { show } },
  { kind: 'saved-episode', externalId: 'e2', key: 'show:S2', to: 'show:S2', payload: { show: { id: 'S2' } } },
  { kind: 'playlist', externalId: 'p', key: null, to: null, payload: { name: 'Artist 1' } },
  {
    kind: 'playlist-item',
    externalId: 'p:local@null',
    key: null,
    to: 'artist:artist 1',
    payload: { artists: [{ name: 'Artist 1' }] },
  },
  { kind: 'playlist-item', externalId: 'p:nothing@null', key: null, to: null, payload: {} },
  {
    platform: 'github',
    kind: 'star',
    externalId: '1',
    key: 'repo:1',
    to: 'repo:1',
    payload: { name: 'Artist 1', artists },
  },
  { platform: 'netflix', kind: 'play', externalId: '1', key: 'show:S1', to: 'show:S1', payload: { artists, show } },
];

/** A database whose process ends at the start of the transaction of this number, or at its end. */
class Killed extends Database {
  constructor(
    dataSource: DataSource,
    private transactions: number,
    private readonly at: 'start' | 'end',
  ) {
    super(dataSource as ConstructorParameters<typeof Database>[0]);
  }

  override transaction<Result>(work: (tx: Transaction) => Promise<Result>, kind?: 'long'): Promise<Result> {
    const dies = this.transactions === 0;
    this.transactions -= 1;
    if (dies && this.at === 'start') return Promise.reject(new Error('killed'));
    return super.transaction(async (tx) => {
      const result = await work(tx);
      if (dies) throw new Error('killed');
      return result;
    }, kind);
  }
}

describe('The keys of stored artists and shows', () => {
  let opened: OpenDatabase;
  let database: Database;
  let keys: ArtistKeys;
  /** What each person is to have in the end, by id of the item. */
  let expected: Record<string, string | null>;

  beforeAll(async () => {
    jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    opened = await openDatabase();
    database = opened.database;
    await database.query(`INSERT INTO users (id) VALUES ('ana'), ('Ben'), ('zoe')`);
  });
  beforeEach(async () => {
    keys = new ArtistKeys(database);
    expected = {};
    await database.query('TRUNCATE items, stat_kind, stat_quarter, stat_key_day');
    await plant('ana', [...plays(1_200), ...REST]);
    await plant('Ben', [...plays(900), ...REST]);
    await plant('zoe', REST);
    await database.query('UPDATE data_moves SET position = NULL, done_at = NULL');
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await opened.close();
  });

  async function plant(user: string, rows: readonly FormerRow[]): Promise<void> {
    await database.query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, gone_at)
       SELECT $1, coalesce(platform, 'spotify'), kind, "externalId", key, at,
              CASE WHEN at IS NULL THEN 'snapshot' ELSE 'user_act' END, payload, CASE WHEN gone THEN now() END
       FROM jsonb_to_recordset($2) AS row
         (platform text, kind text, "externalId" text, key text, at timestamptz, payload jsonb, gone bool)`,
      [user, JSON.stringify(rows.map((row, n) => ({ ...row, at: actAt(row, n) })))],
    );
    for (const { platform = 'spotify', kind, externalId, to } of rows) {
      expected[`${user} ${platform} ${kind} ${externalId}`] = to;
    }
  }

  function actAt({ kind, externalId }: FormerRow, n: number): string | null {
    if (kind === 'play') return new Date(Number(externalId.split('@')[1] ?? START)).toISOString();
    return kind.startsWith('saved-') ? new Date(START + n * DAY_MS).toISOString() : null;
  }

  async function stored(user?: string): Promise<Record<string, string | null>> {
    const rows = await database.query<{ id: string; key: string | null }>(
      `SELECT concat_ws(' ', user_id, platform, kind, external_id) AS id, key FROM items
       WHERE $1::text IS NULL OR user_id = $1`,
      [user ?? null],
    );
    return Object.fromEntries(rows.map(({ id, key }) => [id, key]));
  }

  const statistics = async () => ({
    kinds: await database.query('SELECT * FROM stat_kind ORDER BY 1, 2, 3'),
    quarters: await database.query('SELECT * FROM stat_quarter ORDER BY 1, 2, 3, 4'),
    keyDays: await database.query('SELECT * FROM stat_key_day ORDER BY 1, 2, 3, key COLLATE "C", day'),
  });

  async function expectMoved(): Promise<void> {
    expect(await stored()).toEqual(expected);
    const kept = await statistics();
    for (const statement of REBUILD_STATISTICS) await database.query(statement);
    expect(kept).toEqual(await statistics());
    expect(kept.keyDays.length).toBeGreaterThan(100);
  }

  const move = async () => (await database.query<any>('SELECT position, done_at FROM data_moves'))[0];
  const versions = () =>
    database.query('SELECT user_id, kind, external_id, xmin::text, updated_at FROM items ORDER BY 1, 2, 3');

  it('become names, with exactly the statistics of a full count, and what has no name keeps its own', async () => {
    await keys.ofAll();
    await expectMoved();
    expect(await move()).toEqual({ position: null, done_at: expect.any(Date) });
  });

  it('are written only where they differ, and do not make a row newer', async () => {
    const updated = () => database.query('SELECT user_id, kind, external_id, updated_at FROM items ORDER BY 1, 2, 3');
    const before = await updated();
    await keys.ofAll();
    expect(await updated()).toEqual(before);
    const once = await versions();
    await database.query('UPDATE data_moves SET done_at = NULL');
    await new ArtistKeys(database).ofAll();
    expect(await versions()).toEqual(once);
  });

  it.each([
    ['between two chunks', 1, 'start'],
    ['within the first chunk', 0, 'end'],
    ['within the second chunk', 1, 'end'],
  ] as const)('are moved on from there by the next process when one is killed %s', async (_when, chunk, at) => {
    await expect(new ArtistKeys(new Killed(opened.dataSource, chunk, at)).ofAll()).rejects.toThrow('killed');
    expect(await move()).toEqual({
      position: chunk === 0 ? null : [expect.any(String), 'play', expect.any(String)],
      done_at: null,
    });
    const moved = Object.entries(await stored()).filter(
      ([id, key]) => key === expected[id] && /artist:artist/.test(key ?? ''),
    );
    expect(moved.length > 0).toBe(chunk > 0);
    const half = new Set((await versions()).map((row) => JSON.stringify(row)));
    await keys.ofAll();
    await expectMoved();
    const unwritten = (await versions()).filter((row) => half.has(JSON.stringify(row)));
    expect(unwritten.length).toBeGreaterThanOrEqual(moved.length);
  });

  it('are moved no further once the process ends', async () => {
    keys.onModuleDestroy();
    await keys.ofAll();
    expect((await move()).position).toBeNull();
  });

  it('are moved by several at once, beside extractions, without harm', async () => {
    const store = new ItemStore(database);
    const read = plays(300).map(({ kind, externalId, payload, to }): ExtractedItem => ({
      kind,
      externalId,
      key: to,
      occurredAt: new Date(Number(externalId.split('@')[1])),
      timeMeaning: 'user_act',
      payload: { ...payload, durationMs: 1 },
    }));
    const extraction = async (user: string) => {
      for (let n = 0; n < 6; n++) {
        await database.transaction((tx) => store.upsert(tx, user, 'spotify', read.slice(n * 50, n * 50 + 50)));
      }
    };
    const others = [new ArtistKeys(database), new ArtistKeys(database)];
    await Promise.all([
      ...[keys, ...others].map((one) => one.ofAll()),
      ...['ana', 'Ben', 'zoe'].map((user) => keys.ofPerson(user)),
      ...['ana', 'Ben'].map(extraction),
    ]);
    await expectMoved();
    expect((await move()).done_at).toEqual(expect.any(Date));
  });

  it('leave alone what an extraction has written since it was read', async () => {
    const late = new (class extends Database {
      override transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
        return super.transaction((tx) => {
          const query = async (sql: string, parameters?: readonly unknown[]) => {
            if (sql.startsWith('UPDATE items')) {
              await tx.query(
                `UPDATE items SET payload = '{}', key = 'artist:A1', updated_at = now() + interval '1 second'
                 WHERE user_id = 'zoe' AND external_id = 't1'`,
              );
            }
            return tx.query(sql, parameters);
          };
          return work({ query } as Transaction); // Nothing else of it is used.
        });
      }
    })(opened.dataSource as ConstructorParameters<typeof Database>[0]);
    await new ArtistKeys(late).ofPerson('zoe');
    expected['zoe spotify saved-track t1'] = 'artist:A1';
    expect(await stored('zoe')).toEqual(of('zoe'));
  });

  const of = (user: string) => Object.fromEntries(Object.entries(expected).filter(([id]) => id.startsWith(`${user} `)));

  it('of one person are moved before the others’, in chunks', async () => {
    const before = await stored('Ben');
    await keys.ofPerson('ana');
    expect(await stored('ana')).toEqual(of('ana'));
    expect(await stored('Ben')).toEqual(before);
    expect((await move()).done_at).toBeNull();
    await keys.ofAll();
    await expectMoved();
  });

  it('of one person are moved no further when their signature is no longer wanted', async () => {
    await expect(keys.ofPerson('ana', AbortSignal.abort())).rejects.toThrow(/abort/);
  });

  it('cost a query where the person is passed already, and nothing once all are done', async () => {
    const asked: string[] = [];
    const counting = new (class extends Database {
      override query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
        asked.push('query');
        return super.query(sql, parameters);
      }
      override transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
        asked.push('transaction');
        return super.transaction(work);
      }
    })(opened.dataSource as ConstructorParameters<typeof Database>[0]);
    const lazy = new ArtistKeys(counting);
    await database.query(`UPDATE data_moves SET position = '["zoe", "play", ""]'`);
    await lazy.ofPerson('ana');
    expect(asked).toEqual(['query']);
    await keys.ofAll();
    await lazy.ofPerson('ana');
    await lazy.ofPerson('zoe');
    await lazy.ofAll();
    expect(asked).toEqual(['query', 'query']);
  });

  it('are done at once in a database without items, and only there', async () => {
    const migration = new DataMoves1764793000000();
    const runner = { query: (sql: string) => database.query(sql) } as unknown as QueryRunner; // Nothing else of it is used.
    const again = async () => {
      await migration.down(runner);
      await migration.up(runner);
      return (await move()).done_at;
    };
    expect(await again()).toBeNull();
    await database.query('TRUNCATE items');
    expect(await again()).toEqual(expect.any(Date));
  });

  it('are the same of an item that is read and of one that is stored', async () => {
    const names = [
      '\0 Air',
      'A\0ir \0',
      'half \ud83d',
      `${'x'.repeat(199)}\u{1f600}`,
      `\0${'x'.repeat(300)}`,
      'I\u0307',
    ];
    const items = names.map((name, n): ExtractedItem => {
      const payload = { artists: [{ name }] };
      const rest = { occurredAt: null, timeMeaning: 'snapshot' } as const;
      return { kind: 'saved-track', externalId: `odd${n}`, key: keyByName('saved-track', payload), payload, ...rest };
    });
    await database.transaction((tx) => new ItemStore(database).upsert(tx, 'zoe', 'spotify', items));
    const read = await stored('zoe');
    expect(JSON.stringify(items.map(({ payload }) => payload))).not.toBe(
      items.map(({ payload }) => storableJson(payload)).join(),
    );
    await keys.ofPerson('zoe');
    const now = await stored('zoe');
    expect(now).toEqual({ ...now, ...Object.fromEntries(Object.entries(read).filter(([id]) => id.includes(' odd'))) });
  });
});
