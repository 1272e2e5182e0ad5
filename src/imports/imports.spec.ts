import '../../test/support/own-data-folder.js';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { pageStoreOf } from '../../test/support/page-store.js';
import { parseConfig } from '../config/config.js';
import { REBUILD_STATISTICS } from '../database/migrations/1764400000000-signature-statistics.js';
import { ArtistKeys } from '../extraction/artist-keys.js';
import { ItemSources } from '../extraction/item-sources.js';
import { ItemStore } from '../extraction/item-store.js';
import { Listenings } from '../extraction/listenings.js';
import { spotify } from '../platforms/spotify/spotify.js';
import { playItem } from '../platforms/spotify/spotify-items.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { JobObservers } from '../queues/job-observers.js';
import type { JobRun } from '../queues/job-run.js';
import { JobSignals } from '../queues/job-signals.js';
import { ImportDeletion } from './import-deletion.js';
import { ImportIntake } from './import-intake.js';
import { ImportRows } from './import-rows.js';
import { ImportService } from './import.service.js';
import { ImportStore } from './import-store.js';
import type { Upload } from './uploads.js';

const PERSON = 'ana';
const START = Date.UTC(2024, 0, 1, 20);
const TRACK_MS = 200_000;

/** A listening that really happened, told by some of the sources. */
interface Heard {
  /** When it began, in units of half a track, so that some follow each other at once. */
  readonly slot: number;
  readonly track: number;
  readonly byExtended: boolean;
  readonly byAccount: boolean;
  readonly byApi: boolean;
}

const idOf = (track: number) => `track${track}`.padEnd(22, '0');
const beginOf = ({ slot }: Heard) => START + slot * (TRACK_MS + 4_000);
const endOf = (heard: Heard) => Math.floor((beginOf(heard) + TRACK_MS) / 1_000) * 1_000;

/** The rows of Spotify's extended history, its account data, and the answers of its API. */
const extendedRow = (heard: Heard) => ({
  ts: new Date(endOf(heard)).toISOString().replace('.000', ''),
  ms_played: TRACK_MS,
  ip_addr: '192.0.2.1',
  conn_country: 'DE',
  master_metadata_track_name: `Title ${heard.track}`,
  master_metadata_album_artist_name: `Artist ${heard.track % 3}`,
  master_metadata_album_album_name: 'Album',
  spotify_track_uri: `spotify:track:${idOf(heard.track)}`,
  incognito_mode: false,
});
const accountRow = (heard: Heard) => ({
  endTime: new Date(endOf(heard)).toISOString().slice(0, 16).replace('T', ' '),
  artistName: `Artist ${heard.track % 3}`,
  trackName: `Title ${heard.track}`,
  msPlayed: TRACK_MS,
});
const polled = (heard: Heard) =>
  playItem({
    played_at: new Date(endOf(heard)).toISOString(),
    track: {
      id: idOf(heard.track),
      type: 'track',
      name: `Title ${heard.track}`,
      duration_ms: TRACK_MS,
      artists: [{ id: `artist${heard.track % 3}`, name: `Artist ${heard.track % 3}` }],
    },
  } as unknown as Parameters<typeof playItem>[0]);

describe('Imports', () => {
  let open: OpenDatabase;
  let folder: string;
  let intake: ImportIntake;
  let rows: ImportRows;
  let service: ImportService;
  let deletion: ImportDeletion;
  let files = 0;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    open = await openDatabase();
    folder = mkdtempSync(join(tmpdir(), 'imports-'));
    const { database, bulk } = open;
    const [observers, signals, listenings] = [new JobObservers(), new JobSignals(), new Listenings()];
    const jobs = new JobIntake(observers, signals);
    rows = new ImportRows(database);
    const store = new ImportStore(new ItemStore(database), listenings);
    const config = parseConfig({});
    intake = new ImportIntake(database, bulk, rows, store, jobs, config);
    service = new ImportService(rows, store, new ArtistKeys(database), config);
    deletion = new ImportDeletion(
      database,
      rows,
      new ItemSources(listenings),
      new JobLedger(database, observers, signals),
      jobs,
      { append: () => undefined } as never,
    );
  });
  afterAll(async () => {
    await open.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await open.database.query('TRUNCATE users, jobs CASCADE');
    await open.database.query('TRUNCATE stat_kind, stat_quarter, stat_key_day');
    await open.database.query('INSERT INTO users (id) VALUES ($1)', [PERSON]);
  });

  /** An upload of files with these texts. */
  function upload(...texts: readonly string[]): Upload {
    const sent = texts.map((text) => {
      const path = join(folder, String((files += 1)));
      writeFileSync(path, text);
      return { name: `file ${files}.json`, path, bytes: Buffer.byteLength(text), sha256: hash(text) };
    });
    return { files: sent, profile: undefined, forget: () => Promise.resolve() };
  }
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const uploadOf = (...lists: readonly (readonly unknown[])[]) => upload(...lists.map((list) => JSON.stringify(list)));

  /** A run that stores as a real one does; it breaks off after some pieces of work. */
  function runOf<Name extends 'import-archive' | 'delete-import'>(
    importId: string,
    pieces = Infinity,
    checkpoint?: unknown,
  ) {
    const state = { checkpoint, items: 0, left: pieces };
    const run = {
      job: { userId: PERSON, data: { userId: PERSON, importId } },
      get checkpoint() {
        return state.checkpoint;
      },
      get items() {
        return state.items;
      },
      async save(piece: { checkpoint: unknown; items: () => number }, write: (tx: unknown) => Promise<void>) {
        state.left -= 1;
        await open.database.transaction(async (tx) => {
          await write(tx);
          if (state.left < 0) throw new Error('killed');
        });
        state.checkpoint = JSON.parse(JSON.stringify(piece.checkpoint));
        state.items += piece.items();
      },
      write: (work: (tx: unknown) => Promise<void>) => open.database.transaction(work),
    };
    return { run: run as unknown as JobRun<Name>, state };
  }

  async function imported(sent: Upload): Promise<string> {
    const { importId } = await intake.begin(PERSON, sent, { hold: false });
    await service.read(runOf<'import-archive'>(importId).run);
    await open.database.query('DELETE FROM import_pieces');
    await open.database.query('DELETE FROM jobs');
    return importId;
  }
  const receiptOf = async (id: string) => (await rows.find(PERSON, id))?.receipt;
  const poll = (heard: readonly Heard[]) =>
    open.database.transaction((tx) =>
      pageStoreOf(open.database).save(tx, PERSON, spotify, [
        { items: heard.flatMap((each) => polled(each) ?? []), checkpoint: {}, done: 1, step: '' },
      ]),
    );
  const items = () =>
    open.database.query<{ id: string; sources: number }>(
      `SELECT platform || ' ' || kind || ' ' || external_id AS id, cardinality(sources) AS sources FROM items WHERE user_id = $1 ORDER BY 1`,
      [PERSON],
    );
  const witnesses = () =>
    open.database.query<{ id: string; shown: string }>(
      `SELECT external_id AS id, shown_id AS shown FROM witnesses WHERE user_id = $1 ORDER BY 1`,
      [PERSON],
    );
  const countsOf = async () => ({
    kinds: await open.database.query('SELECT kind, items FROM stat_kind ORDER BY 1'),
    quarters: await open.database.query('SELECT quarter, items FROM stat_quarter ORDER BY 1'),
    keys: await open.database.query('SELECT key, day, items FROM stat_key_day ORDER BY 1, 2'),
  });

  /** Every slot has one listening at most: a person hears one thing at a time. */
  const life = fc.uniqueArray(
    fc.record({
      slot: fc.nat(60),
      track: fc.nat(3),
      byExtended: fc.boolean(),
      byAccount: fc.boolean(),
      byApi: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40, selector: ({ slot }) => slot },
  );

  it('counts a listening once, whoever tells it and in whatever order they come, and undoes it when one goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        life,
        fc.shuffledSubarray(['extended', 'account', 'api', 'api'] as const),
        async (heard, order) => {
          await open.database.query('DELETE FROM items');
          await open.database.query('DELETE FROM witnesses');
          await open.database.query('DELETE FROM imports');
          const told = new Map<string, readonly Heard[]>([
            ['extended', heard.filter(({ byExtended }) => byExtended)],
            ['account', heard.filter(({ byAccount }) => byAccount)],
            ['api', heard.filter(({ byApi }) => byApi)],
          ]);
          const imports: string[] = [];
          const came = new Set<string>();
          const expected = () =>
            heard.filter((each) => [...came].some((source) => told.get(source)?.includes(each))).length;
          const tell = async (source: string) => {
            const by = told.get(source) ?? [];
            if (source === 'api') await poll(by);
            else if (by.length > 0) {
              imports.push(
                await imported(
                  uploadOf(by.map((each) => (source === 'extended' ? extendedRow(each) : accountRow(each)))),
                ),
              );
            }
            came.add(source);
          };
          for (const source of order) {
            await tell(source);
            expect(await items()).toHaveLength(expected());
          }
          const all = [...(await items()), ...(await witnesses())].length;
          const tellings = [...came].reduce((sum, source) => sum + (told.get(source)?.length ?? 0), 0);
          expect(all).toBe(tellings);
          const kept = await countsOf();
          for (const sql of REBUILD_STATISTICS) await open.database.query(sql);
          expect(await countsOf()).toEqual(kept);
          for (const id of imports) {
            await deletion.begin(PERSON, id);
            await deletion.delete(runOf<'delete-import'>(id).run);
          }
          came.delete('extended');
          came.delete('account');
          expect(await items()).toHaveLength(expected());
          expect(await witnesses()).toEqual([]);
        },
      ),
      { numRuns: inFull(60, 8) },
    );
  });

  it('has a receipt that adds up, and adds nothing when the same comes again under other names and in another order', async () => {
    const heard: Heard[] = Array.from({ length: 2_500 }, (_, slot) => ({
      slot,
      track: slot % 7,
      byExtended: true,
      byAccount: false,
      byApi: slot % 10 === 0,
    }));
    await poll(heard.filter(({ byApi }) => byApi));
    const odd = [
      { ts: 'never', ms_played: 5 },
      { ...extendedRow({ ...heard[0]!, slot: 9_000 }), incognito_mode: true },
      7,
    ];
    const list = heard.map(extendedRow);
    const first = await receiptOf(await imported(uploadOf([...list.slice(0, 1_000), ...odd], list.slice(1_000))));
    expect(first).toMatchObject({
      read: 2_503,
      accepted: 2_250,
      alreadyKnown: 0,
      merged: 250,
      skipped: { INCOGNITO: { count: 1, example: { row: 1_002 } } },
      kinds: { play: 2_500 },
    });
    expect(Object.values(first?.unread ?? {}).reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(await items()).toHaveLength(2_500);
    const again = await receiptOf(await imported(uploadOf([...list.slice(500), ...list.slice(0, 500)])));
    expect(again).toMatchObject({ read: 2_500, accepted: 0, alreadyKnown: 2_500, merged: 0 });
    expect(await items()).toHaveLength(2_500);
    expect(JSON.stringify(await open.database.query('SELECT * FROM items'))).not.toMatch(/192\.0\.2\.1|"DE"/);
  });

  it('comes to the same items and receipt however often its run is broken off', async () => {
    const heard: Heard[] = Array.from({ length: 3_300 }, (_, slot) => ({
      ...{ slot, track: slot % 11, byExtended: true, byAccount: false, byApi: slot % 9 === 0 },
    }));
    const sent = () => uploadOf(heard.slice(0, 1_200).map(extendedRow), heard.slice(1_200).map(extendedRow));
    await poll(heard.filter(({ byApi }) => byApi));
    const undisturbed = await receiptOf(await imported(sent()));
    const [known, told] = [await items(), await witnesses()];
    for (const table of ['items', 'witnesses', 'imports']) await open.database.query(`DELETE FROM ${table}`);
    await poll(heard.filter(({ byApi }) => byApi));
    const { importId } = await intake.begin(PERSON, sent(), { hold: false });
    let checkpoint: unknown;
    for (let runs = 0, done = false; !done && runs < 20; runs += 1) {
      const { run, state } = runOf<'import-archive'>(importId, 1, checkpoint);
      done = await service.read(run).then(
        () => true,
        () => false,
      );
      ({ checkpoint } = state);
    }
    const names = (receipt: object | undefined) => JSON.stringify(receipt).replace(/file \d+\.json/g, 'file');
    expect(names(await receiptOf(importId))).toBe(names(undisturbed));
    expect(await items()).toEqual(known);
    expect(await witnesses()).toEqual(told);
  });

  it('tells beforehand what an import would come to, and keeps nothing of it', async () => {
    const heard: Heard[] = Array.from({ length: 1_400 }, (_, slot) => ({
      ...{ slot: slot % 1_200, track: slot % 5, byExtended: true, byAccount: false, byApi: false },
    }));
    const sent = () => uploadOf(heard.slice(0, 300).map(extendedRow), heard.slice(300).map(extendedRow));
    const { book } = await intake.tryOut(PERSON, sent());
    expect(await items()).toEqual([]);
    expect(await rows.list(PERSON, undefined, 10)).toEqual([]);
    const real = await receiptOf(await imported(sent()));
    expect({ ...book.receipt }).toEqual(real);
    expect(real).toMatchObject({ accepted: 1_200, alreadyKnown: 200 });
  });

  it('gives the ids of the running import when the same files come again', async () => {
    const sent = () => uploadOf([extendedRow({ slot: 1, track: 1, byExtended: true, byAccount: false, byApi: false })]);
    const first = await intake.begin(PERSON, sent(), { hold: false });
    const second = await intake.begin(PERSON, sent(), { hold: false });
    expect(second).toMatchObject({ importId: first.importId, jobId: first.jobId, isNew: false });
    expect(await rows.list(PERSON, undefined, 10)).toHaveLength(1);
  });

  it('forgets an upload that was never finished, and one that was held for too long, an hour later', async () => {
    const sent = uploadOf([extendedRow({ slot: 1, track: 1, byExtended: true, byAccount: false, byApi: false })]);
    const held = await intake.begin(PERSON, sent, { hold: true });
    const started = await intake.begin(
      PERSON,
      upload(JSON.stringify([extendedRow({ slot: 2, track: 1, byExtended: true, byAccount: false, byApi: false })])),
      { hold: false },
    );
    await rows.create(
      { id: '01900000-0000-7000-8000-000000000000', userId: PERSON, digest: 'x', profile: null },
      [],
      {} as never,
    );
    const hour = 3_600_000;
    await rows.dropUnstarted(new Date(Date.now() - hour));
    expect((await rows.list(PERSON, undefined, 10)).map(({ id }) => id).sort()).toEqual(
      [held.importId, started.importId].sort(),
    );
    await rows.dropUnstarted(new Date(Date.now() + hour - hour + 1_000));
    expect((await rows.list(PERSON, undefined, 10)).map(({ id }) => id)).toEqual([started.importId]);
    expect(await open.database.query('SELECT DISTINCT import_id AS id FROM import_pieces')).toEqual([
      { id: started.importId },
    ]);
  });

  it('keeps the files of a failed import for as long as it may be retried', async () => {
    const [row] = [{ ts: 'never', ms_played: 1 }];
    const { importId } = await intake.begin(PERSON, uploadOf([row]), { hold: false });
    await expect(service.read(runOf<'import-archive'>(importId).run)).rejects.toMatchObject({
      code: 'NOTHING_RECOGNIZED',
    });
    await open.database.transaction((tx) => rows.noteOutcome(tx, importId, 'failed', { code: 'X', message: 'x' }));
    const pieces = () => open.database.query('SELECT FROM import_pieces');
    await rows.dropPiecesOfFailed(new Date(Date.now() - 60_000));
    expect(await pieces()).toHaveLength(1);
    await rows.dropPiecesOfFailed(new Date(Date.now() + 60_000));
    expect(await pieces()).toHaveLength(0);
    await expect(service.read(runOf<'import-archive'>(importId).run)).rejects.toMatchObject({ code: 'UPLOAD_GONE' });
  });

  it.each([
    ['an empty file', [''], 'NOTHING_RECOGNIZED'],
    ['something else', ['hello'], 'NOTHING_RECOGNIZED'],
  ])('refuses %s and keeps nothing', async (_, texts, code) => {
    await expect(intake.begin(PERSON, upload(...texts), { hold: false })).rejects.toMatchObject({ code });
    expect(await open.database.query('SELECT FROM imports')).toEqual([]);
  });
});
