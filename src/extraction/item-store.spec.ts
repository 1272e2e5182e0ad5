import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import type { Database, Transaction } from '../database/database.js';
import type { ExtractedItem } from '../platforms/platform.js';
import { findPlatform } from '../platforms/registry.js';
import { CoverageGaps } from './coverage-gaps.js';
import { ItemStore } from './item-store.js';
import { Listings } from './listings.js';

function item(externalId: string, changes: Partial<ExtractedItem> = {}): ExtractedItem {
  return {
    kind: 'play',
    externalId,
    key: `artist:${externalId}`,
    occurredAt: new Date('2024-05-05T10:00:00.500Z'),
    timeMeaning: 'user_act',
    payload: { title: `Track ${externalId}`, nested: { list: [1, null, true], gone: undefined } },
    ...changes,
  };
}

describe('The item store', () => {
  let opened: OpenDatabase;
  let database: Database;
  let store: ItemStore;

  beforeAll(async () => {
    opened = await openDatabase({ embedded: true }); // Whose plans the tests below know.
    database = opened.database;
    store = new ItemStore(database);
    await database.query(`INSERT INTO users (id) VALUES ('ana'), ('bo')`);
  });

  beforeEach(() => database.query('TRUNCATE items'));

  afterAll(() => opened.close());

  const write = (items: readonly ExtractedItem[], user = 'ana', platform = 'spotify') =>
    database.transaction((tx) => store.upsert(tx, user, platform, items));
  const stored = (user = 'ana') => store.list(user, {}, 100);
  /** The transaction that wrote each row, and when. */
  const versions = () =>
    database.query('SELECT external_id, xmin::text, updated_at, first_seen_at FROM items ORDER BY 1');

  it('gives back what was stored', async () => {
    await write([item('a'), item('b', { key: null, occurredAt: null, timeMeaning: 'snapshot', payload: {} })]);
    expect(await stored()).toEqual([
      {
        platform: 'spotify',
        kind: 'play',
        externalId: 'a',
        key: 'artist:a',
        occurredAt: new Date('2024-05-05T10:00:00.500Z'),
        timeMeaning: 'user_act',
        payload: { title: 'Track a', nested: { list: [1, null, true] } },
      },
      expect.objectContaining({ externalId: 'b', key: null, occurredAt: null, timeMeaning: 'snapshot', payload: {} }),
    ]);
  });

  it('does not touch a row that is written again unchanged', async () => {
    await write([item('a'), item('b')]);
    const before = await versions();
    await write([item('b'), item('a')]);
    expect(await versions()).toEqual(before);
  });

  it('takes the same payload with its names in another order for the same', async () => {
    await write([item('a', { payload: { one: 1, two: { three: 3, four: 4 } } })]);
    const before = await versions();
    await write([item('a', { payload: { two: { four: 4, three: 3 }, one: 1 } })]);
    expect(await versions()).toEqual(before);
  });

  it.each<[string, Partial<ExtractedItem>]>([
    ['key', { key: null }],
    ['time', { occurredAt: null }],
    ['meaning of the time', { timeMeaning: 'content' }],
    ['payload', { payload: { title: 'Another' } }],
  ])('changes a row in place when its %s changed, and leaves its neighbours', async (_, changes) => {
    await write([item('a'), item('b')]);
    const [a, b] = await versions();
    await write([item('a', changes), item('b')]);
    const [changed, neighbour] = await versions();
    expect(neighbour).toEqual(b);
    expect(changed).toMatchObject({ first_seen_at: (a as any).first_seen_at });
    expect((changed as any).xmin).not.toBe((a as any).xmin);
    expect(await stored()).toMatchObject([{ externalId: 'a', ...changes }, { externalId: 'b' }]);
  });

  it('stores one item that comes twice in a page once, as it came last', async () => {
    await write([item('a', { key: 'first' }), item('b'), item('a', { key: 'last' })]);
    expect((await stored()).map(({ externalId, key }) => [externalId, key])).toEqual([
      ['a', 'last'],
      ['b', 'artist:b'],
    ]);
  });

  it('tells kinds, platforms and users apart', async () => {
    await write([item('a'), item('a', { kind: 'saved-track' })]);
    await write([item('a')], 'ana', 'github');
    await write([item('a')], 'bo');
    expect((await stored()).map(({ platform, kind }) => `${platform} ${kind}`)).toEqual([
      'github play',
      'spotify play',
      'spotify saved-track',
    ]);
    expect(await stored('bo')).toHaveLength(1);
  });

  it('stores a page that has characters PostgreSQL cannot hold', async () => {
    const bad = 'x\0y\uD800z';
    await write([
      item(`1${bad}`, { key: bad, payload: { [`name${bad}`]: bad, list: [bad, '\\u0000', '"', '\\'] } }),
      item('2', { payload: { quotes: `'"\\{},NULL`, emoji: '👩‍👩‍👧' } }),
    ]);
    expect(await stored()).toMatchObject([
      {
        externalId: '1xy\uFFFDz',
        key: 'xy\uFFFDz',
        payload: { 'namexy\uFFFDz': 'xy\uFFFDz', list: ['xy\uFFFDz', '\\u0000', '"', '\\'] },
      },
      { externalId: '2', payload: { quotes: `'"\\{},NULL`, emoji: '👩‍👩‍👧' } },
    ]);
  });

  it('stores ids that differ only in such characters as one item', async () => {
    await write([
      item('a\uD800', { key: 'first' }),
      item('a\uDBFF', { key: 'second' }),
      item('a\uFFFD\0', { key: 'last' }),
    ]);
    expect(await stored()).toMatchObject([{ externalId: 'a\uFFFD', key: 'last' }]);
  });

  it('stores nothing when its transaction is rolled back, and nothing of nothing', async () => {
    const work = database.transaction(async (tx) => {
      await store.upsert(tx, 'ana', 'spotify', [item('a')]);
      throw new Error('on purpose');
    });
    await expect(work).rejects.toThrow('on purpose');
    await write([]);
    expect(await stored()).toEqual([]);
  });

  it('stores a thousand items of a page at once', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => item(String(n), { payload: { text: 'x'.repeat(500) } }));
    await write(many);
    await write(many);
    expect(await database.query('SELECT count(*) FROM items')).toEqual([{ count: 1_000 }]);
  });

  it('lists in pages that go on after the last one, without gap or repetition', async () => {
    await write(['3', '1', '2'].map((id) => item(id)));
    await write([item('1', { kind: 'saved' })]);
    await write([item('9')], 'ana', 'github');
    const seen: string[] = [];
    let after: readonly [string, string, string] | undefined;
    for (let page = 0; page < 4; page += 1) {
      const rows = await store.list('ana', { after }, 2);
      seen.push(...rows.map((row) => `${row.platform}/${row.kind}/${row.externalId}`));
      const last = rows.at(-1);
      if (last) after = [last.platform, last.kind, last.externalId];
    }
    expect(seen).toEqual(['github/play/9', 'spotify/play/1', 'spotify/play/2', 'spotify/play/3', 'spotify/saved/1']);
    expect(await store.list('ana', { platform: 'spotify', kind: 'saved' }, 9)).toHaveLength(1);
  });

  describe('among thousands of items', () => {
    beforeEach(async () => {
      await database.query(
        `INSERT INTO items (user_id, platform, kind, external_id, time_meaning, payload)
         SELECT person, 'spotify', 'playlist-item', 'list' || list || ':' || n, 'snapshot', '{}'
         FROM unnest(ARRAY['ana', 'bo']) AS person, generate_series(1, 10) AS list, generate_series(1, 200) AS n`,
      );
      await database.query(
        `INSERT INTO items (user_id, platform, kind, external_id, occurred_at, time_meaning, payload)
         SELECT person, 'spotify', 'play', n::text, timestamptz '2024-01-01' + n * interval '1 hour', 'user_act', '{}'
         FROM unnest(ARRAY['ana', 'bo']) AS person, generate_series(1, 1000) AS n`,
      );
      await database.query('ANALYZE items');
    });

    /** The plan of each statement that some work sends, in their order. */
    const plansOf = (work: (tx: Transaction) => Promise<unknown>) =>
      database.transaction(async (tx) => {
        const plans: string[] = [];
        const query = async (sql: string, parameters: readonly unknown[]) => {
          const plan = await tx.query<Record<'QUERY PLAN', string>>(`EXPLAIN (COSTS OFF) ${sql}`, parameters);
          plans.push(plan.map((line) => line['QUERY PLAN']).join('\n'));
          return tx.query(sql, parameters);
        };
        await work({ query } as Transaction); // Nothing else of it is used.
        return plans;
      });

    it('looks each item of a page up by the primary key', async () => {
      const page = Array.from({ length: 50 }, (_, n) => item(`list5:${n}`, { kind: 'playlist-item' }));
      const [plan] = await plansOf((tx) => store.upsert(tx, 'ana', 'spotify', page));
      expect(plan).toMatch(/SubPlan 1\n.*Index Scan using items_pkey on items/);
      expect(plan).not.toContain('Seq Scan on items');
    });

    it('finds what is missing from a list in one range of the primary key', async () => {
      const listing = { kind: 'playlist-item', within: 'list5', begins: true, ends: true };
      const page = [item('list5:1', { kind: 'playlist-item' })];
      const plans = await plansOf((tx) =>
        new Listings().note(tx, { userId: 'ana', platform: 'spotify' }, listing, page),
      );
      const plan = plans.find((each) => each.includes('Except'));
      expect(plan).toMatch(
        /Scan (?:using|on) items_(?:pkey|of_connections).*\n.*Index Cond: .*external_id >= 'list5:'.* < 'list5;'/,
      );
      expect(plan).not.toContain('Seq Scan on items');
    });

    it('goes on with a page of the list at its place in the primary key', async () => {
      const after = ['spotify', 'playlist-item', 'list5:100'] as const;
      const [plan] = await plansOf((tx) => new ItemStore(tx as unknown as Database).list('ana', { after }, 50));
      expect(plan).toMatch(/^Limit\n[^]*Index Scan using items_pkey on items\n.*ROW\(platform, kind, external_id\) >/);
    });

    it('finds the newest act before a time at its place in the index by time', async () => {
      const polled = Array.from({ length: 50 }, (_, n) => item(`new${n}`));
      const [plan] = await plansOf((tx) => new CoverageGaps().note(tx, 'ana', findPlatform('spotify')!, polled));
      expect(plan).toMatch(/Index (?:Only )?Scan Backward using items_by_time on items/);
      expect(plan).not.toContain('Seq Scan on items');
    });
  });
});
