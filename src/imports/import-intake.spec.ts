import { EventEmitter } from 'node:events';
import { handMadeZip } from '../../test/support/hand-made-zip.js';
import { ImportBench, PERSON } from '../../test/support/import-bench.js';
import { extendedRow, HEARD } from '../../test/support/told-listenings.js';
import { until } from '../../test/support/until.js';
import type { Job } from '../queues/job.entity.js';
import { ARCHIVE_BOUNDS } from './archive/archive.js';
import { emptyCounts, emptyReceipt } from './receipt.js';
import { Recognition } from './recognition.js';

describe('imports before and after they are read', () => {
  let bench: ImportBench;

  beforeAll(async () => {
    bench = await ImportBench.open();
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.clear());
  afterEach(() => jest.restoreAllMocks());

  it('cannot be started any more when it is being deleted', async () => {
    const { importId } = await bench.intake.begin(PERSON, bench.uploadOf([extendedRow(HEARD)]), { hold: true });
    const held = await bench.rows.find(PERSON, importId);
    await bench.database.transaction((tx) => bench.rows.hide(tx, held!));
    await expect(bench.intake.start(PERSON, held!)).rejects.toMatchObject({ code: 'IMPORT_NOT_FOUND' });
    expect(await bench.database.query('SELECT FROM jobs')).toEqual([]);
  });

  it('cancels the job of a held import that is started while it is deleted', async () => {
    const { importId } = await bench.intake.begin(PERSON, bench.uploadOf([extendedRow(HEARD)]), { hold: true });
    const find = bench.rows.find.bind(bench.rows);
    bench.rows.find = async (...which) => {
      const found = await find(...which);
      bench.rows.find = find;
      await bench.intake.start(PERSON, found!);
      return found;
    };
    await bench.deletion.begin(PERSON, importId);
    expect(await bench.database.query('SELECT name, status FROM jobs ORDER BY 1')).toEqual([
      { name: 'delete-import', status: 'waiting' },
      { name: 'import-archive', status: 'cancelled' },
    ]);
    expect(await bench.rows.list(PERSON, undefined, 10)).toEqual([]);
  });

  it('bounds all archives of an upload together', async () => {
    const content = JSON.stringify([extendedRow(HEARD)]);
    const zip = (...names: readonly string[]) => handMadeZip(names.map((name) => ({ name, content })));
    const sent = bench.upload(zip('a', 'b'), zip('c', 'd'), zip('e'));
    const reasons = async (bounds: object) => {
      const recognition = await Recognition.of(sent, undefined, { ...ARCHIVE_BOUNDS, ...bounds });
      await recognition.close();
      return recognition.entries.map(({ file, reason }) => [file, reason]);
    };
    const [first, tooLarge] = [[0, null], 'ARCHIVE_TOO_LARGE'];
    expect(await reasons({ entries: 3 })).toEqual([first, first, [1, tooLarge], [2, tooLarge]]);
    expect(await reasons({ unpackedBytes: 3 * content.length })).toEqual([
      first,
      first,
      [1, null],
      [1, tooLarge],
      [2, tooLarge],
    ]);
  });

  it('stops when its person has left, and keeps nothing', async () => {
    const sent = bench.uploadOf(Array.from({ length: 3_000 }, (_, slot) => extendedRow({ ...HEARD, slot })));
    const response = Object.assign(new EventEmitter(), { status: () => undefined });
    const controller = bench.controllerOf({ receive: () => Promise.resolve(sent) });
    const leave = <Result>(result: Result) => {
      response.emit('close');
      return Promise.resolve(result);
    };
    const kept = jest.spyOn(bench.rows, 'addPiece').mockImplementation(() => leave(undefined));
    const tried = jest.spyOn(bench.store, 'save').mockImplementation(() => leave([]));
    for (const dryRun of [false, true]) {
      await expect(
        controller.upload({ userId: PERSON } as never, { dryRun, hold: false }, {} as never, response as never),
      ).rejects.toMatchObject({ code: 'UPLOAD_BROKEN_OFF' });
    }
    expect([kept.mock.calls.length, tried.mock.calls.length]).toEqual([1, 1]);
    expect(await bench.database.query('SELECT FROM imports')).toEqual([]);
  });

  it('is listed with some of its files, those that are read first, and with the sums of all', async () => {
    const ids = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'] as const;
    const [large, small] = ids;
    const files = [{ name: 'a.zip', bytes: 1 }];
    for (const id of ids) {
      await bench.rows.create({ id, userId: PERSON, digest: id, profile: null }, files, emptyReceipt());
      await bench.rows.hold(id);
    }
    const entry = (entry: number, format: string | null) => ({
      ...{ entry, file: 0, name: String(entry), bytes: 1, format, reason: format === null ? 'NOT_RECOGNIZED' : null },
    });
    await bench.rows.addEntries(
      large,
      PERSON,
      Array.from({ length: 2_500 }, (_, n) => entry(n, n % 500 === 499 ? 'reddit-comments' : null)),
    );
    await bench.rows.addEntries(small, PERSON, [entry(0, 'lastfm')]);
    const counts = { ...emptyCounts(), read: 5, accepted: 3, skipped: 2 };
    await bench.database.transaction((tx) =>
      bench.rows.saveReceipt(tx, large, emptyReceipt(), new Map([499, 1_499].map((n) => [n, counts]))),
    );
    const controller = bench.controllerOf({});
    const { data } = await controller.list({ userId: PERSON } as never, { limit: 5, cursor: undefined });
    const [listed, whole] = [data as any[], (await controller.show({ userId: PERSON } as never, large)) as any];
    expect(listed.map(({ id, state }) => [id, state])).toEqual([
      [small, 'held'],
      [large, 'held'],
    ]);
    const [one, other] = listed;
    expect(one).toMatchObject({ entriesLeftOut: 0, formats: [{ format: 'lastfm', entries: 1, read: 0 }] });
    expect(other.files[0].entries).toHaveLength(100);
    expect(other.files[0].entries.slice(0, 6).map(({ name }: any) => name)).toEqual([
      '499',
      '999',
      '1499',
      '1999',
      '2499',
      '0',
    ]);
    const formats = [{ format: 'reddit-comments', entries: 5, ...emptyCounts(), read: 10, accepted: 6, skipped: 4 }];
    expect(other).toMatchObject({ entriesLeftOut: 2_400, formats });
    expect(whole).toMatchObject({ entriesLeftOut: 0, formats });
    expect(whole.files[0].entries).toHaveLength(2_500);
  });

  it('gives the ids of the running import when the same files come again', async () => {
    const sent = () =>
      bench.uploadOf([extendedRow({ slot: 1, track: 1, byExtended: true, byAccount: false, byApi: false })]);
    const first = await bench.intake.begin(PERSON, sent(), { hold: false });
    const second = await bench.intake.begin(PERSON, sent(), { hold: false });
    expect(second).toMatchObject({ importId: first.importId, jobId: first.jobId, isNew: false });
    expect(await bench.rows.list(PERSON, undefined, 10)).toHaveLength(1);
  });

  it('forgets an upload that was never finished, and one that was held for too long, an hour later', async () => {
    const sent = bench.uploadOf([extendedRow({ slot: 1, track: 1, byExtended: true, byAccount: false, byApi: false })]);
    const held = await bench.intake.begin(PERSON, sent, { hold: true });
    const started = await bench.intake.begin(
      PERSON,
      bench.upload(
        JSON.stringify([extendedRow({ slot: 2, track: 1, byExtended: true, byAccount: false, byApi: false })]),
      ),
      { hold: false },
    );
    await bench.rows.create(
      { id: '01900000-0000-7000-8000-000000000000', userId: PERSON, digest: 'x', profile: null },
      [],
      {} as never,
    );
    const hour = 3_600_000;
    await bench.rows.dropUnstarted(new Date(Date.now() - hour));
    expect((await bench.rows.list(PERSON, undefined, 10)).map(({ id }) => id).sort()).toEqual(
      [held.importId, started.importId].sort(),
    );
    await bench.rows.dropUnstarted(new Date(Date.now() + 1_000));
    expect((await bench.rows.list(PERSON, undefined, 10)).map(({ id }) => id)).toEqual([started.importId]);
    expect(await bench.database.query('SELECT DISTINCT import_id AS id FROM import_pieces')).toEqual([
      { id: started.importId },
    ]);
  });

  it('is not held for somebody whose account was deleted meanwhile', async () => {
    const add = bench.rows.addEntries.bind(bench.rows);
    jest.spyOn(bench.rows, 'addEntries').mockImplementation(async (...entries) => {
      await add(...entries);
      await bench.database.query('DELETE FROM users');
    });
    const sent = bench.uploadOf([extendedRow(HEARD)]);
    await expect(bench.intake.begin(PERSON, sent, { hold: true })).rejects.toThrow('deleted before it was whole');
  });

  it('lets go of its files after its end, piece by piece', async () => {
    const { importId, jobId } = await bench.intake.begin(PERSON, bench.uploadOf([extendedRow(HEARD)]), { hold: false });
    const pieces = async () => (await bench.database.query('SELECT FROM import_pieces')).length;
    const add = () =>
      bench.database.query(`INSERT INTO import_pieces SELECT $1, $2, 0, n, '123' FROM generate_series(1, 250) AS n`, [
        importId,
        PERSON,
      ]);
    await add();
    const job = { id: jobId, userId: PERSON, data: { userId: PERSON, importId } } as Job<'import-archive'>;
    await bench.database.transaction(async (tx) => {
      await bench.observer.onTransition(tx, job, { kind: 'completed', result: { items: 1 } });
      expect(await tx.query('SELECT FROM import_pieces')).toHaveLength(251);
    });
    await until('no pieces', async () => (await pieces()) === 0);
    // As if the process had died before.
    await add();
    expect(await bench.rows.storedBytes(PERSON)).toBe(0);
    await bench.rows.dropPiecesOfEnded(new Date(0));
    expect(await pieces()).toBe(0);
  });

  it('keeps the files of a failed import for as long as it may be retried', async () => {
    const [row] = [{ ts: 'never', ms_played: 1 }];
    const { importId } = await bench.intake.begin(PERSON, bench.uploadOf([row]), { hold: false });
    await expect(bench.service.read(bench.runOf<'import-archive'>(importId).run)).rejects.toMatchObject({
      code: 'NOTHING_RECOGNIZED',
    });
    await bench.database.transaction((tx) =>
      bench.rows.noteOutcome(tx, importId, 'failed', { code: 'X', message: 'x' }),
    );
    const pieces = () => bench.database.query('SELECT FROM import_pieces');
    await bench.rows.dropPiecesOfEnded(new Date(Date.now() - 60_000));
    expect(await pieces()).toHaveLength(1);
    expect(await bench.rows.storedBytes(PERSON)).toBeGreaterThan(0);
    await bench.rows.dropPiecesOfEnded(new Date(Date.now() + 60_000));
    expect(await pieces()).toHaveLength(0);
    await expect(bench.service.read(bench.runOf<'import-archive'>(importId).run)).rejects.toMatchObject({
      code: 'UPLOAD_GONE',
    });
  });

  it.each([
    ['an empty file', [''], 'NOTHING_RECOGNIZED'],
    ['something else', ['hello'], 'NOTHING_RECOGNIZED'],
  ])('refuses %s and keeps nothing', async (_, texts, code) => {
    await expect(bench.intake.begin(PERSON, bench.upload(...texts), { hold: false })).rejects.toMatchObject({ code });
    expect(await bench.database.query('SELECT FROM imports')).toEqual([]);
  });
});
