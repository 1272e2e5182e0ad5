import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { platforms } from '../platforms/registry.js';
import { batchExpiry } from './batches.js';
import { itemExpiries } from './item-retention.js';

describe('how long batches are kept', () => {
  it('is as long as their jobs, and those that have not ended stay', async () => {
    const open = await openDatabase();
    await open.database.query(`INSERT INTO users (id) VALUES ('ana'), ('ben')`);
    await open.database.query(
      `INSERT INTO batches (id, user_id, open, finished_at) SELECT gen_random_uuid(), user_id, 0, now() - days * interval '1 day'
       FROM (VALUES ('ana', 91), ('ana', 89), ('ben', NULL)) AS batch (user_id, days)`,
    );
    const housekeeping = new Housekeeping(open.database);
    housekeeping.register(batchExpiry(90));
    await housekeeping.clean();
    const left = await open.database.query('SELECT user_id, finished_at IS NULL AS open FROM batches ORDER BY 1');
    expect(left).toEqual([
      { user_id: 'ana', open: false },
      { user_id: 'ben', open: true },
    ]);
    await open.close();
  });
});

describe('how long items are kept', () => {
  let open: OpenDatabase;

  beforeAll(async () => {
    open = await openDatabase();
    await open.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  });
  afterAll(() => open.close());

  const add = (kind: string, id: string, seenDays: number, goneDays: number | null = null) =>
    open.database.query(
      `INSERT INTO items (user_id, platform, kind, external_id, time_meaning, payload, first_seen_at, gone_at)
       VALUES ('ana', 'spotify', $1, $2, 'snapshot', '{}', now() - $3 * interval '1 day', now() - $4 * interval '1 day')`,
      [kind, id, seenDays, goneDays],
    );

  it('is a month for what is gone, 400 days for top lists, and for good otherwise', async () => {
    await add('play', 'old', 4_000);
    await add('saved-track', 'just gone', 4_000, 29);
    await add('saved-track', 'long gone', 4_000, 31);
    await add('top-artist', 'last year', 399);
    await add('top-artist', 'before that', 401);
    await add('top-track', 'before that', 401);
    const housekeeping = new Housekeeping(open.database);
    for (const expiry of itemExpiries(platforms)) housekeeping.register(expiry);
    await housekeeping.clean();
    const rows = await open.database.query<{ kind: string; id: string }>(
      'SELECT kind, external_id AS id FROM items ORDER BY kind, id',
    );
    expect(rows.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'play old',
      'saved-track just gone',
      'top-artist last year',
    ]);
  });
});
