import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import type { Listing } from '../platforms/platform.js';
import { Listings, ManyGone } from './listings.js';

/** More than is marked in the transaction of a page. */
const MANY = 2_001;

describe('A list that has lost items', () => {
  const of = { userId: 'ana', platform: 'spotify' };
  const tracks: Listing = { kind: 'saved-track', begins: true, ends: true };
  const playlists: Listing = { kind: 'playlist', holds: 'playlist-item', begins: true, ends: true };
  const listings = new Listings();
  let open: OpenDatabase;

  beforeAll(async () => {
    open = await openDatabase();
  });
  afterAll(() => open.close());
  beforeEach(async () => {
    await query('DELETE FROM users');
    await query(`INSERT INTO users (id) VALUES ('ana')`);
  });

  const query = <Row>(sql: string, parameters: readonly unknown[] = []) => open.database.query<Row>(sql, parameters);
  const plant = (kind: string, id: string, count: number) =>
    query(
      `INSERT INTO items (user_id, platform, kind, external_id, time_meaning, payload)
       SELECT 'ana', 'spotify', $1, $2 || n, 'snapshot', '{}' FROM generate_series(1, $3::int) AS n`,
      [kind, id, count],
    );
  const left = async () => {
    const rows = await query<{ kind: string; count: number }>(
      'SELECT kind, count(*) AS count FROM items WHERE gone_at IS NULL GROUP BY kind ORDER BY kind',
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  };
  const read = (listing: Listing) => open.database.transaction((tx) => listings.note(tx, of, listing, []));
  const refusal = async (listing: Listing) => {
    const error = await read(listing).catch((caught: unknown) => caught);
    if (!(error instanceof ManyGone)) throw new Error('It was not too much', { cause: error });
    return error.pieces;
  };

  it('has them marked with its last page where they are few', async () => {
    await plant('saved-track', 't', MANY - 1);
    await read(tracks);
    expect(await left()).toEqual({});
  });

  it('refuses the last page until they are marked piece by piece where they are many', async () => {
    await plant('saved-track', 't', 2 * MANY);
    const pieces = await refusal(tracks);
    expect(pieces.map(({ ids }) => ids.length)).toEqual([2_000, 2_000, 2]);
    expect([await left(), await query('SELECT FROM listed_pages')]).toEqual([{ 'saved-track': 2 * MANY }, []]);

    for (const piece of pieces.slice(0, 2)) await open.database.transaction((tx) => listings.mark(tx, of, piece));
    expect(await left()).toEqual({ 'saved-track': 2 });
    await read(tracks);
    expect([await left(), await query('SELECT FROM listed_pages')]).toEqual([{}, []]);
  });

  it('has what they held marked before them, so that it is found again after a crash', async () => {
    await plant('playlist', 'p', 2);
    await plant('playlist-item', 'p1:', MANY);
    await plant('playlist-item', 'other:', 1);
    await query(
      `INSERT INTO cursors (user_id, platform, list, cursor) VALUES ('ana', 'spotify', 'playlist-item p1', '1')`,
    );
    const pieces = await refusal(playlists);
    expect(pieces.map(({ kind, ids }) => [kind, ids.length])).toEqual([
      ['playlist-item', 2_000],
      ['playlist-item', 1],
      ['playlist', 2],
    ]);
    for (const piece of pieces.slice(0, 1)) await open.database.transaction((tx) => listings.mark(tx, of, piece));
    expect(await left()).toEqual({ playlist: 2, 'playlist-item': 2 });
    await read(playlists);
    expect([await left(), await query('SELECT FROM cursors')]).toEqual([{ 'playlist-item': 1 }, []]);
  });
});
