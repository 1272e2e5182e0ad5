import '../../test/support/own-data-folder.js';
import { blocksRead } from '../../test/support/blocks-read.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { ItemSources } from './item-sources.js';
import { CONNECTION } from './item-versions.js';
import { Listenings } from './listenings.js';

describe('What a connection has told', () => {
  let open: OpenDatabase;
  const sources = new ItemSources(new Listenings());

  beforeAll(async () => {
    open = await openDatabase({ embedded: false });
    await open.database.query(`INSERT INTO users (id) VALUES ('few'), ('many')`);
    for (const [person, archived] of [
      ['few', 10],
      ['many', 5_000],
    ] as const) {
      await open.database.query(
        `INSERT INTO items (user_id, platform, kind, external_id, occurred_at, time_meaning, payload, sources)
         SELECT $1, 'spotify', 'play', 't@' || n, now() - n * interval '1 hour', 'user_act', '{}',
           ARRAY[CASE WHEN n <= $2 THEN 'an import' ELSE '${CONNECTION}' END] FROM generate_series(1, $2::int + 50) AS n`,
        [person, archived],
      );
    }
    await open.database.query('VACUUM ANALYZE items');
  });
  afterAll(() => open.close());

  it('is found at a cost that does not depend on the size of an archive beside it', async () => {
    const count = (userId: string) =>
      open.database.transaction((tx) => sources.count(tx, { userId, platform: 'spotify', source: CONNECTION }));
    const takeOut = (userId: string) =>
      open.database
        .transaction(async (tx) => {
          await sources.takeOut(tx, { userId, platform: 'spotify', source: CONNECTION }, 2_000);
          throw new Error('taken back');
        })
        .catch(() => undefined);
    expect([await count('few'), await count('many')]).toEqual([50, 50]);
    for (const work of [count, takeOut]) {
      const few = await blocksRead(open.database, () => work('few'));
      expect(await blocksRead(open.database, () => work('many'))).toBeLessThan(few * 1.5);
    }
  });
});
