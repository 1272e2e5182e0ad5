import '../../test/support/own-data-folder.js';
import fc from 'fast-check';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { pageStoreOf } from '../../test/support/page-store.js';
import { REBUILD_STATISTICS } from '../database/migrations/1764400000000-signature-statistics.js';
import type { ExtractedItem, ExtractionPage } from '../platforms/platform.js';
import { spotify } from '../platforms/spotify/spotify.js';
import { ItemSources } from './item-sources.js';
import { ItemStore } from './item-store.js';
import { Listenings } from './listenings.js';

const OLDER = '01a00000-0000-7000-8000-000000000001';
const NEWER = '01a00000-0000-7000-8000-000000000002';
const API = 'connection';
const SHELVES = ['want-to-read', 'read-book'];

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly says: unknown;
  readonly timeMeaning: string;
  readonly sources: readonly string[];
  readonly versions: unknown;
}

/** What a source says of an item; the connection knows when it was saved. */
function item(says: number, changes: Partial<ExtractedItem> = {}): ExtractedItem {
  return {
    kind: 'saved-track',
    externalId: 'a',
    key: `artist:${says}`,
    occurredAt: null,
    timeMeaning: 'snapshot',
    payload: { says },
    ...changes,
  };
}
const saved = (says: number, changes: Partial<ExtractedItem> = {}) =>
  item(says, { occurredAt: new Date('2024-05-05T10:00:00Z'), timeMeaning: 'user_act', ...changes });
const play = (says: number, changes: Partial<ExtractedItem> = {}) =>
  saved(says, { kind: 'play', externalId: 'track@1', ...changes });
const instant = { told: 'instant', title: 'song by one', from: 1_714_903_200_000, to: 1_714_903_200_000 } as const;

describe('What several sources tell of one item', () => {
  let open: OpenDatabase;
  let store: ItemStore;
  let sources: ItemSources;

  beforeAll(async () => {
    open = await openDatabase();
    store = new ItemStore(open.database);
    sources = new ItemSources(new Listenings());
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    await query('TRUNCATE users CASCADE');
    await query('TRUNCATE stat_kind, stat_quarter, stat_key_day');
    await query(`INSERT INTO users (id) VALUES ('ana')`);
  });

  const query = <Row>(sql: string, parameters: readonly unknown[] = []) => open.database.query<Row>(sql, parameters);
  const add = (source: string, items: readonly ExtractedItem[], oneKindOf: readonly string[] = []) =>
    open.database.transaction((tx) => store.add(tx, { userId: 'ana', platform: 'spotify', source }, items, oneKindOf));
  const poll = (items: readonly ExtractedItem[], page: Partial<ExtractionPage> = {}) =>
    open.database.transaction((tx) =>
      pageStoreOf(open.database).save(tx, 'ana', spotify, [{ items, checkpoint: {}, done: 1, step: '', ...page }]),
    );
  const tell = (source: string, items: readonly ExtractedItem[]) =>
    source === API ? poll(items) : add(source, items).then(() => undefined);
  const takeOut = (source: string) =>
    open.database.transaction((tx) => sources.takeOut(tx, { userId: 'ana', platform: 'spotify', source }, 100));
  const rows = () =>
    query<Row>(
      `SELECT kind, external_id AS id, payload -> 'says' AS says, time_meaning AS "timeMeaning", sources, versions
       FROM items WHERE gone_at IS NULL ORDER BY kind, id`,
    );
  const shown = async () => (await rows()).map(({ kind, id, says }) => `${kind} ${id} ${String(says)}`);
  const statistics = async () => [
    await query('SELECT * FROM stat_kind ORDER BY kind'),
    await query('SELECT * FROM stat_quarter ORDER BY kind, quarter'),
    await query('SELECT * FROM stat_key_day ORDER BY kind, key, day'),
  ];
  const expectStatisticsToFollow = async () => {
    const kept = await statistics();
    for (const sql of REBUILD_STATISTICS) await query(sql);
    expect(await statistics()).toEqual(kept);
  };

  it.each([
    ['before', [OLDER, API]],
    ['after', [API, OLDER]],
  ])('is the archive’s telling again without the connection, if the archive came %s', async (_, order) => {
    for (const source of order) {
      await tell(source, source === API ? [saved(2), saved(3, { externalId: 'b' })] : [item(1)]);
    }
    expect(await rows()).toMatchObject([
      { says: 2, timeMeaning: 'user_act', versions: { [OLDER]: { payload: { says: 1 }, timeMeaning: 'snapshot' } } },
      { says: 3 },
    ]);
    await takeOut(API);
    expect(await rows()).toEqual([
      { kind: 'saved-track', id: 'a', says: 1, timeMeaning: 'snapshot', sources: [OLDER], versions: null },
    ]);
    expect(await query('SELECT FROM items WHERE occurred_at IS NOT NULL OR key <> $1', ['artist:1'])).toEqual([]);
    await expectStatisticsToFollow();
  });

  it('is the connection’s telling as long as it tells, then the last archive’s that is left', async () => {
    const act = fc.record({
      source: fc.constantFrom(API, OLDER, NEWER, 'third'),
      says: fc.constantFrom(1, 2, 3),
      id: fc.constantFrom('a', 'b'),
      leaves: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
        await query('DELETE FROM items');
        const told = new Map<string, Map<string, number>>(['a', 'b'].map((id) => [id, new Map()]));
        for (const { source, says, id, leaves } of acts) {
          const tellers = told.get(id)!;
          if (leaves) {
            await takeOut(source);
            for (const each of told.values()) each.delete(source);
          } else if (source === API || !tellers.has(source)) {
            await tell(source, [item(says, { externalId: id })]);
            tellers.set(source, says);
          }
          const expected = [...told].flatMap(([id, tellers]) =>
            tellers.size > 0 ? [`saved-track ${id} ${tellers.get(API) ?? [...tellers.values()].at(-1)}`] : [],
          );
          expect(await shown()).toEqual(expected);
        }
      }),
      { numRuns: inFull(200, 15) },
    );
    await expectStatisticsToFollow();
  });

  it('shows how things are by the newer archive, and what was done by the first', async () => {
    expect([...(await add(OLDER, [item(1), play(1)]))]).toEqual(['play track@1', 'saved-track a']);
    expect([...(await add(NEWER, [item(2), play(2)]))]).toEqual(['saved-track a']);
    expect([...(await add(NEWER, [item(3), item(2), play(2)]))]).toEqual([]);
    expect(await shown()).toEqual(['play track@1 1', 'saved-track a 2']);
    await takeOut(NEWER);
    expect(await rows()).toMatchObject([
      { says: 1, versions: null },
      { says: 1, versions: null },
    ]);
    await add(NEWER, [item(2), play(2)]);
    await takeOut(OLDER);
    expect(await shown()).toEqual(['play track@1 2', 'saved-track a 2']);
    await expectStatisticsToFollow();
  });

  it('is one item where an id has one kind at a time', async () => {
    const onShelf = (source: string, kind: string, says: number) =>
      add(source, [item(0, { kind: 'read-book' }), item(says, { kind })], SHELVES);
    await onShelf(OLDER, 'want-to-read', 1);
    expect(await shown()).toEqual(['want-to-read a 1']);
    expect([...(await onShelf(NEWER, 'read-book', 2))]).toEqual(['read-book a']);
    expect(await shown()).toEqual(['read-book a 2']);
    await onShelf('third', 'want-to-read', 3);
    expect(await shown()).toEqual(['want-to-read a 3']);
    await takeOut(NEWER);
    await takeOut('third');
    expect(await shown()).toEqual(['want-to-read a 1']);
    await takeOut(OLDER);
    expect(await query('SELECT FROM items')).toEqual([]);
    await expectStatisticsToFollow();
  });

  describe('and a list of the connection', () => {
    const listing = { kind: 'saved-track', begins: true, ends: true };

    it('does not lose what it never had', async () => {
      await add(OLDER, [item(1)]);
      await poll([saved(2, { externalId: 'b' })], { listing });
      await poll([], { listing });
      expect(await shown()).toEqual(['saved-track a 1']);
    });

    it('leaves what it has lost to the archive', async () => {
      await add(OLDER, [item(1)]);
      await poll([saved(2), saved(2, { externalId: 'b' })], { listing });
      await poll([], { listing });
      expect(await rows()).toMatchObject([{ id: 'a', says: 1, sources: [OLDER], versions: null }]);
      await expectStatisticsToFollow();
    });

    it('leaves it to an archive that comes later too', async () => {
      await poll([saved(2)], { listing });
      await poll([], { listing });
      expect([...(await add(OLDER, [item(1)]))]).toEqual(['saved-track a']);
      expect(await rows()).toMatchObject([{ says: 1, sources: [OLDER], versions: null }]);
      await poll([saved(2)], { listing });
      expect(await shown()).toEqual(['saved-track a 2']);
      await expectStatisticsToFollow();
    });
  });

  it('is settled anew where a listening is told in other words again', async () => {
    const span = { ...instant, told: 'span', from: instant.from - 200_000 } as const;
    await add(OLDER, [play(1, { listening: span })]);
    await poll([play(2, { listening: instant })]);
    expect(await query(`SELECT listening ->> 'told' AS told FROM items`)).toEqual([{ told: 'instant' }]);
    await takeOut(API);
    expect(await query(`SELECT listening ->> 'told' AS told, sources FROM items`)).toEqual([
      { told: 'span', sources: [OLDER] },
    ]);
  });

  it('is no second row where the API names a witness without its track', async () => {
    await poll([play(2, { externalId: 'track@2', listening: instant })]);
    const span = { ...instant, told: 'span', from: instant.from - 200_000 } as const;
    const telling = play(1, { listening: span });
    await open.database.transaction(async (tx) => {
      await store.add(tx, { userId: 'ana', platform: 'spotify', source: OLDER }, [telling]);
      await new Listenings().settle(tx, 'ana', [telling]);
    });
    await poll([play(2, { externalId: 'track@2' })]);
    const told = (table: string) => query(`SELECT external_id AS id FROM ${table}`);
    expect([await told('items'), await told('witnesses')]).toEqual([[{ id: 'track@1' }], [{ id: 'track@2' }]]);
    await takeOut(OLDER);
    expect(await shown()).toEqual(['play track@2 2']);
  });

  it('is listed while what the connection alone told is being deleted', async () => {
    await add(OLDER, [item(1)]);
    await poll([saved(2), saved(2, { externalId: 'b' })]);
    await query(
      `INSERT INTO jobs (id, name, queue, data, user_id, platform, priority, trigger, status, max_attempts, run_at)
       VALUES (gen_random_uuid(), 'delete-platform-data', 'platform-data', '{}', 'ana', 'spotify', 5, 'manual', 'failed', 1, now())`,
    );
    expect((await store.list('ana', {}, 9)).map(({ externalId }) => externalId)).toEqual(['a']);
  });
});
