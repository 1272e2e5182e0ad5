import '../../../test/support/own-data-folder.js';
import { blocksRead } from '../../../test/support/blocks-read.js';
import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';
import type { Predicate } from '../document/evidence.js';
import { readEvidence } from './read-evidence.js';

const [FEW, MANY] = [500, 20_000];
const PLAYS: Predicate = {
  platforms: ['spotify'],
  kinds: ['play', 'saved-track'],
  dayFrom: 0,
  dayTo: 100_000,
  timeMeaning: 'user_act',
};

describe('A page of evidence', () => {
  let opened: OpenDatabase;
  beforeAll(async () => {
    opened = await openDatabase({ embedded: false });
    for (const [person, items] of Object.entries({ few: FEW, many: MANY })) {
      await opened.database.query('INSERT INTO users (id) VALUES ($1)', [person]);
      await opened.database.query(
        `INSERT INTO items (user_id, platform, kind, external_id, occurred_at, time_meaning, payload)
         SELECT $1, 'spotify', 'play', 'play ' || n, now() - n * interval '1 minute', 'user_act', '{}' FROM generate_series(1, $2::int) AS n`,
        [person, items],
      );
    }
    await opened.database.query('ANALYZE items');
  });
  afterAll(() => opened.close());

  it('costs what it shows, however many items there are', async () => {
    const read = (person: string, cursor: string | null) =>
      readEvidence((sql, parameters) => opened.database.query(sql, parameters), person, PLAYS, { cursor, limit: 50 });
    const blocks = async (person: string) => {
      const { items, nextCursor } = await read(person, null);
      expect(items).toHaveLength(50);
      return [
        await blocksRead(opened.database, () => read(person, null)),
        await blocksRead(opened.database, () => read(person, nextCursor)),
      ];
    };
    const [few, many] = [await blocks('few'), await blocks('many')];
    for (const [n, count] of many.entries()) expect(count).toBeLessThan(2 * few[n]!);
  });
});
