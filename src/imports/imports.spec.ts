import '../../test/support/own-data-folder.js';
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { handMadeZip } from '../../test/support/hand-made-zip.js';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { pageStoreOf } from '../../test/support/page-store.js';
import { until } from '../../test/support/until.js';
import { parseConfig } from '../config/config.js';
import { REBUILD_STATISTICS } from '../database/migrations/1764400000000-signature-statistics.js';
import { ArtistKeys } from '../extraction/artist-keys.js';
import { ItemSources } from '../extraction/item-sources.js';
import { ItemStore } from '../extraction/item-store.js';
import { Listenings } from '../extraction/listenings.js';
import { sameListenings, type Telling } from '../extraction/same-listenings.js';
import { spotify } from '../platforms/spotify/spotify.js';
import { playItem } from '../platforms/spotify/spotify-items.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { JobObservers } from '../queues/job-observers.js';
import type { Job } from '../queues/job.entity.js';
import type { JobRun } from '../queues/job-run.js';
import { JobQueries } from '../queues/job-queries.js';
import { JobSignals } from '../queues/job-signals.js';
import { ARCHIVE_BOUNDS } from './archive/archive.js';
import { ImportDeletion } from './import-deletion.js';
import { ImportIntake } from './import-intake.js';
import { ImportObserver } from './import-observer.js';
import { ImportRows } from './import-rows.js';
import { ImportService } from './import.service.js';
import { ImportStore } from './import-store.js';
import { viewTrial } from './import-view.js';
import { ImportsController } from './imports.controller.js';
import { emptyCounts, emptyReceipt } from './receipt.js';
import { Recognition } from './recognition.js';
import type { Upload } from './uploads.js';

const PERSON = 'ana';
const START = Date.UTC(2024, 0, 1, 20);
const TRACK_MS = 200_000;

/** A listening that really happened, told by some of the sources. */
interface Heard {
  /** When it began, in units of half a track, so that some follow each other at once. */
  readonly slot: number;
  readonly track: number;
  readonly ms?: number;
  readonly byExtended: boolean;
  readonly byAccount: boolean;
  readonly byApi: boolean;
}

const HEARD: Heard = { slot: 0, track: 1, byExtended: true, byAccount: true, byApi: true };

const idOf = (track: number) => `track${track}`.padEnd(22, '0');
const beginOf = ({ slot }: Heard) => START + slot * (TRACK_MS + 4_000);
const lasts = ({ ms = TRACK_MS }: Heard) => ms;
const endOf = (heard: Heard) => Math.floor((beginOf(heard) + lasts(heard)) / 1_000) * 1_000;

/** The rows of Spotify's extended history, its account data, and the answers of its API. */
const extendedRow = (heard: Heard) => ({
  ts: new Date(endOf(heard)).toISOString().replace('.000', ''),
  ms_played: lasts(heard),
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
  msPlayed: lasts(heard),
});
const polled = (heard: Heard) =>
  playItem({
    played_at: new Date(endOf(heard)).toISOString(),
    track: {
      id: idOf(heard.track),
      type: 'track',
      name: `Title ${heard.track}`,
      duration_ms: lasts(heard),
      artists: [{ id: `artist${heard.track % 3}`, name: `Artist ${heard.track % 3}` }],
    },
  } as unknown as Parameters<typeof playItem>[0]);

describe('Imports', () => {
  let open: OpenDatabase;
  let folder: string;
  let intake: ImportIntake;
  let rows: ImportRows;
  let store: ImportStore;
  let service: ImportService;
  let deletion: ImportDeletion;
  let observer: ImportObserver;
  let files = 0;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    open = await openDatabase();
    folder = mkdtempSync(join(tmpdir(), 'imports-'));
    const { database, bulk } = open;
    const [observers, signals, listenings] = [new JobObservers(), new JobSignals(), new Listenings()];
    const jobs = new JobIntake(observers, signals);
    rows = new ImportRows(database);
    store = new ImportStore(new ItemStore(database), listenings);
    const config = parseConfig({});
    intake = new ImportIntake(database, bulk, rows, store, jobs, config);
    service = new ImportService(rows, store, new ArtistKeys(database), config);
    observer = new ImportObserver({ append: () => undefined } as never, {} as never, jobs, rows);
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
  afterEach(() => jest.restoreAllMocks());
  beforeEach(async () => {
    await open.database.query('TRUNCATE users, jobs CASCADE');
    await open.database.query('TRUNCATE stat_kind, stat_quarter, stat_key_day');
    await open.database.query('INSERT INTO users (id) VALUES ($1)', [PERSON]);
  });

  /** An upload of files with these texts. */
  function upload(...texts: readonly (string | Buffer)[]): Upload {
    const sent = texts.map((text) => {
      const path = join(folder, String((files += 1)));
      writeFileSync(path, text);
      return { name: `file ${files}.json`, path, bytes: Buffer.byteLength(text), sha256: hash(text) };
    });
    return { files: sent, profile: undefined, forget: () => Promise.resolve() };
  }
  const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
  const uploadOf = (...lists: readonly (readonly unknown[])[]) => upload(...lists.map((list) => JSON.stringify(list)));

  const controllerOf = (uploads: object) => {
    const jobs = new JobQueries(open.database, new JobSignals());
    return new ImportsController(uploads as never, intake, rows, deletion, jobs, {} as never, {} as never);
  };

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
  async function deleted(importId: string): Promise<void> {
    await deletion.begin(PERSON, importId);
    await deletion.delete(runOf<'delete-import'>(importId).run);
    await open.database.query('DELETE FROM jobs');
  }
  /** Expects that what is stored follows from the tellings alone, whatever happened before. */
  async function expectSettled(): Promise<void> {
    const columns = `platform, kind, external_id AS "externalId", (extract(epoch FROM occurred_at) * 1000)::float8 AS at, listening`;
    const tellings = await open.database.query<Telling & { shown: string | null }>(
      `SELECT ${columns}, NULL AS shown FROM items WHERE listening IS NOT NULL
       UNION ALL SELECT ${columns}, shown_platform || ' ' || shown_kind || ' ' || shown_id FROM witnesses ORDER BY 1, 2, 3`,
    );
    const nameOf = ({ platform, kind, externalId }: Telling) => `${platform} ${kind} ${externalId}`;
    const shown = sameListenings(tellings);
    expect(tellings.map((telling) => [nameOf(telling), telling.shown])).toEqual(
      tellings.map((telling) => {
        const head = shown.get(telling)!;
        return [nameOf(telling), head === telling ? null : nameOf(head)];
      }),
    );
  }
  const countsOf = async () => ({
    kinds: await open.database.query('SELECT kind, items FROM stat_kind ORDER BY 1'),
    quarters: await open.database.query('SELECT kind, quarter, items FROM stat_quarter ORDER BY 1, 2'),
    keys: await open.database.query('SELECT key, day, items FROM stat_key_day ORDER BY 1, 2'),
  });

  /**
   * Every slot has one listening at most: a person hears one thing at a time. A track that is heard again at once is told by
   * the same sources as before: nothing else tells the end of the one from the start of the other.
   */
  const life = fc
    .uniqueArray(
      fc.record({
        slot: fc.nat(60),
        track: fc.nat(3),
        ms: fc.constantFrom(TRACK_MS, TRACK_MS, 5_000),
        byExtended: fc.boolean(),
        byAccount: fc.boolean(),
        byApi: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40, selector: ({ slot }) => slot },
    )
    .map((heard) => {
      const told: typeof heard = [];
      for (const each of heard.sort((one, other) => one.slot - other.slot)) {
        const last = told.at(-1);
        const isAgain = last?.slot === each.slot - 1 && last.track === each.track;
        told.push(isAgain ? { ...last, slot: each.slot, ms: each.ms } : each);
      }
      return told;
    });

  it('counts a listening once, whoever tells it and in whatever order they come, and undoes it when one goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        life,
        // Both exports may come in one upload.
        fc.shuffledSubarray(['extended', 'account', 'extended account', 'api', 'api'] as const),
        fc.boolean(),
        async (heard, order, fromTheFirst) => {
          for (const table of ['items', 'witnesses', 'imports']) await open.database.query(`DELETE FROM ${table}`);
          const told = {
            extended: heard.filter(({ byExtended }) => byExtended),
            account: heard.filter(({ byAccount }) => byAccount),
            // The API tells no skips.
            api: heard.filter(({ byApi, ms }) => byApi && ms === TRACK_MS),
          };
          type Source = keyof typeof told;
          let came: { readonly sources: readonly Source[]; readonly importId?: string }[] = [];
          const expectAll = async () => {
            const lists = [...new Set(came.flatMap(({ sources }) => sources))].map((source) => told[source]);
            expect(await items()).toHaveLength(new Set(lists.flat()).size);
            expect([...(await items()), ...(await witnesses())]).toHaveLength(lists.flat().length);
            await expectSettled();
          };
          for (const each of order) {
            const sources = each.split(' ') as Source[];
            if (each === 'api') {
              await poll(told.api);
              came.push({ sources });
            } else {
              const lists = [
                each.includes('extended') ? told.extended.map(extendedRow) : [],
                each.includes('account') ? told.account.map(accountRow) : [],
              ].filter(({ length }) => length > 0);
              if (lists.length > 0) came.push({ sources, importId: await imported(uploadOf(...lists)) });
            }
            await expectAll();
          }
          const kept = await countsOf();
          for (const sql of REBUILD_STATISTICS) await open.database.query(sql);
          expect(await countsOf()).toEqual(kept);
          for (const gone of fromTheFirst ? [...came] : [...came].reverse()) {
            if (gone.importId === undefined) continue;
            await deleted(gone.importId);
            came = came.filter((each) => each !== gone);
            await expectAll();
          }
        },
      ),
      { numRuns: inFull(60, 8) },
    );
  });

  const listen = ({ at = START, title = 'Title 1', album = 'Album' } = {}) => ({
    listened_at: Math.floor(at / 1_000),
    track_metadata: { artist_name: 'Artist 1', track_name: title, release_name: album },
  });

  it('leaves nothing behind of an upload with both exports of Spotify', async () => {
    const id = await imported(uploadOf([extendedRow(HEARD)], [accountRow(HEARD)]));
    expect([await items(), await witnesses()]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await deleted(id);
    expect([await items(), await witnesses()]).toEqual([[], []]);
  });

  it('counts a mix of 90 minutes once, whether the archive or the poll comes first', async () => {
    const mix = { ...HEARD, ms: 90 * 60_000 };
    const archive = () => imported(uploadOf([extendedRow(mix)]));
    for (const come of [
      [() => poll([mix]), archive],
      [archive, () => poll([mix])],
    ]) {
      await open.database.query('DELETE FROM items');
      await open.database.query('DELETE FROM witnesses');
      for (const one of come) await one();
      expect([await items(), await witnesses()]).toMatchObject([{ length: 1 }, { length: 1 }]);
    }
  });

  it('counts a song of YouTube Music and its scrobble once, and gives each back as it was', async () => {
    const song = {
      header: 'YouTube Music',
      title: 'Watched Title 1',
      titleUrl: 'https://music.youtube.com/watch?v=-e8Nfjl_AKk',
      subtitles: [{ name: 'Artist 1 - Topic', url: 'https://www.youtube.com/channel/UC0123456789012345678901' }],
      time: new Date(START + 289).toISOString(),
      products: ['YouTube'],
    };
    const [video, scrobble] = [await imported(uploadOf([song])), await imported(uploadOf([listen()]))];
    expect(await items()).toMatchObject([{ id: expect.stringMatching(/^listenbrainz play /) as string }]);
    await expectSettled();
    await deleted(scrobble);
    expect(await items()).toMatchObject([{ id: expect.stringMatching(/^youtube music-play /) as string }]);
    await deleted(video);
    expect(await items()).toEqual([]);
  });

  it('lets another telling of one source be the witness of a listening when the first one goes', async () => {
    await imported(uploadOf([extendedRow(HEARD)]));
    const first = await imported(uploadOf([listen({ at: START })]));
    await imported(uploadOf([listen({ at: START + 100_000 })]));
    const corrected = await imported(uploadOf([listen({ at: START, album: 'Album (Deluxe)' })]));
    // Heard twice, says the one who tells it twice, but not when the same time is told in other words.
    expect([await items(), await witnesses()]).toMatchObject([{ length: 2 }, { length: 2 }]);
    for (const [id, left] of [
      [first, [2, 1]],
      [corrected, [1, 1]],
    ] as const) {
      await deleted(id);
      expect([(await items()).length, (await witnesses()).length]).toEqual(left);
      await expectSettled();
    }
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

  it('counts as new what is stored without a character that cannot be, and the same without it as known', async () => {
    const sent = (...titles: readonly string[]) =>
      upload(['Title,Date', ...titles.map((title) => `${title},1/31/21`)].join('\n'));
    expect(await receiptOf(await imported(sent('He\0at')))).toMatchObject({ accepted: 1, alreadyKnown: 0 });
    expect(await receiptOf(await imported(sent('Heat')))).toMatchObject({ accepted: 0, alreadyKnown: 1 });
    expect(await receiptOf(await imported(sent('Da\0rk', 'Dark')))).toMatchObject({ accepted: 1, alreadyKnown: 1 });
  });

  it('compares the accounts in its files with those that are known of their platform', async () => {
    const heard = { slot: 1, track: 1, byExtended: true, byAccount: false, byApi: false };
    const history = (username: string) => uploadOf([{ ...extendedRow(heard), username }]);
    const scrobbles = (username: string) =>
      upload(`Artist;Album;Track;Date#${username}\n"A";"";"B";"${START}"\n"A";"";"C";"${START}"\n`);
    const isOther = async (sent: Upload) => (await receiptOf(await imported(sent)))?.otherAccount;
    expect(await isOther(history('ana'))).toBe(false);
    expect(await isOther(scrobbles('anafm'))).toBe(false);
    expect(await isOther(history('Ana'))).toBe(false);
    expect(await isOther(scrobbles('bob'))).toBe(true);
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

  it('tells the same beforehand of listenings whose tellings are far apart in the files', async () => {
    const heard: Heard[] = Array.from({ length: 1_000 }, (_, slot) => ({
      ...{ slot, track: slot % 5, byExtended: true, byAccount: slot % 10 === 0, byApi: slot % 50 === 0 },
    }));
    await poll(heard.filter(({ byApi }) => byApi));
    const told = heard.filter(({ byAccount }) => byAccount).map(accountRow);
    const sent = () => uploadOf(heard.map(extendedRow), [...told, ...told]);
    const { book, isEstimate } = await intake.tryOut(PERSON, sent());
    expect(isEstimate).toBe(false);
    const real = await receiptOf(await imported(sent()));
    expect({ ...book.receipt }).toEqual(real);
    expect(real).toMatchObject({ accepted: 980, merged: 20 + 100, alreadyKnown: 100 });
  });

  describe('of an archive with a damaged file', () => {
    // Longer than what a format is recognised by: that one is damaged shows later.
    const plays = (from: number) =>
      JSON.stringify(Array.from({ length: 300 }, (_, n) => extendedRow({ ...HEARD, slot: from + n })));
    const films = [
      'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country',
      'Ann,2026-01-01 20:00:00,00:40:00,,Some Film,,A television,00:40:00,00:40:00,DE (Germany)',
    ].join('\n');
    const damaged = [
      { name: 'plays.json', content: plays(0), crc32: 1 },
      { name: 'ViewingActivity.csv', content: films.padEnd(90_000, '\n'), crc32: 1 },
    ];

    it.each(damaged)('reads the others, and says so beforehand: $name', async (bad) => {
      const sent = () => upload(handMadeZip([bad, { name: 'others.json', content: plays(400) }]));
      const trial = viewTrial(await intake.tryOut(PERSON, sent()));
      const id = await imported(sent());
      expect((await rows.entries(id)).map(({ name, format, reason }) => [name, format, reason])).toEqual([
        [bad.name, null, 'ARCHIVE_BROKEN'],
        ['others.json', 'spotify-extended', null],
      ]);
      expect(trial.files[0]?.entries).toMatchObject([{ reason: 'ARCHIVE_BROKEN' }, { rows: 300, accepted: 300 }]);
      expect(trial.receipt).toMatchObject({ read: 300, accepted: 300 });
      expect(await receiptOf(id)).toMatchObject({ read: 300, accepted: 300 });
    });

    it.each(damaged)('refuses it when there is no other, and keeps nothing: $name', async (bad) => {
      const sent = upload(handMadeZip([bad, { name: 'diary.txt', content: 'hello' }]));
      const refusal = { code: 'ARCHIVE_BROKEN', status: 422 };
      await expect(intake.begin(PERSON, sent, { hold: false })).rejects.toMatchObject(refusal);
      await expect(intake.tryOut(PERSON, sent)).rejects.toMatchObject(refusal);
      expect(await open.database.query('SELECT FROM imports')).toEqual([]);
      expect(await open.database.query('SELECT FROM import_pieces')).toEqual([]);
    });
  });

  it('bounds all archives of an upload together', async () => {
    const content = JSON.stringify([extendedRow(HEARD)]);
    const zip = (...names: readonly string[]) => handMadeZip(names.map((name) => ({ name, content })));
    const sent = upload(zip('a', 'b'), zip('c', 'd'), zip('e'));
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
    const sent = uploadOf(Array.from({ length: 3_000 }, (_, slot) => extendedRow({ ...HEARD, slot })));
    const response = Object.assign(new EventEmitter(), { status: () => undefined });
    const controller = controllerOf({ receive: () => Promise.resolve(sent) });
    const leave = <Result>(result: Result) => {
      response.emit('close');
      return Promise.resolve(result);
    };
    const kept = jest.spyOn(rows, 'addPiece').mockImplementation(() => leave(undefined));
    const tried = jest.spyOn(store, 'save').mockImplementation(() => leave([]));
    for (const dryRun of [false, true]) {
      await expect(
        controller.upload({ userId: PERSON } as never, { dryRun, hold: false }, {} as never, response as never),
      ).rejects.toMatchObject({ code: 'UPLOAD_BROKEN_OFF' });
    }
    expect([kept.mock.calls.length, tried.mock.calls.length]).toEqual([1, 1]);
    expect(await open.database.query('SELECT FROM imports')).toEqual([]);
  });

  it('is listed with some of its files, those that are read first, and with the sums of all', async () => {
    const ids = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'] as const;
    const [large, small] = ids;
    const files = [{ name: 'a.zip', bytes: 1 }];
    for (const id of ids) {
      await rows.create({ id, userId: PERSON, digest: id, profile: null }, files, emptyReceipt());
      await rows.hold(id);
    }
    const entry = (entry: number, format: string | null) => ({
      ...{ entry, file: 0, name: String(entry), bytes: 1, format, reason: format === null ? 'NOT_RECOGNIZED' : null },
    });
    await rows.addEntries(
      large,
      PERSON,
      Array.from({ length: 2_500 }, (_, n) => entry(n, n % 500 === 499 ? 'reddit-comments' : null)),
    );
    await rows.addEntries(small, PERSON, [entry(0, 'lastfm')]);
    const counts = { ...emptyCounts(), read: 5, accepted: 3, skipped: 2 };
    await open.database.transaction((tx) =>
      rows.saveReceipt(tx, large, emptyReceipt(), new Map([499, 1_499].map((n) => [n, counts]))),
    );
    const controller = controllerOf({});
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

  it('shows stars and shelves as the newer export has them, and those of the older one without it', async () => {
    const books = (...rows: readonly string[]) =>
      upload(['Book Id,Title,Author,My Rating,Date Read,Exclusive Shelf', ...rows].join('\n'));
    const newer = () => books('1,One,Ann,5,2024/05/05,read', '2,Two,Ann,4,,read', '3,Three,Ann,2,,read');
    await imported(books('1,One,Ann,0,,to-read', '2,Two,Ann,4,,read', '3,Three,Ann,1,,read'));
    const before = await items();
    const { book } = await intake.tryOut(PERSON, newer());
    const id = await imported(newer());
    expect(await receiptOf(id)).toMatchObject({ read: 3, accepted: 2, alreadyKnown: 1, merged: 0 });
    expect(book.receipt).toEqual(await receiptOf(id));
    const rated = await open.database.query<{ book: string }>(
      `SELECT concat_ws(' ', kind, external_id, payload ->> 'rating', payload ->> 'day') AS book FROM items ORDER BY 1`,
    );
    expect(rated.map((row) => row.book)).toEqual(['read-book 1 5 2024-05-05', 'read-book 2 4', 'read-book 3 2']);
    await deletion.begin(PERSON, id);
    await deletion.delete(runOf<'delete-import'>(id).run);
    expect(await items()).toEqual(before);
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

  it('cannot be started any more when it is being deleted', async () => {
    const { importId } = await intake.begin(PERSON, uploadOf([extendedRow(HEARD)]), { hold: true });
    const held = await rows.find(PERSON, importId);
    await open.database.transaction((tx) => rows.hide(tx, held!));
    await expect(intake.start(PERSON, held!)).rejects.toMatchObject({ code: 'IMPORT_NOT_FOUND' });
    expect(await open.database.query('SELECT FROM jobs')).toEqual([]);
  });

  it('is not held for somebody whose account was deleted meanwhile', async () => {
    const add = rows.addEntries.bind(rows);
    jest.spyOn(rows, 'addEntries').mockImplementation(async (...entries) => {
      await add(...entries);
      await open.database.query('DELETE FROM users');
    });
    const sent = uploadOf([extendedRow(HEARD)]);
    await expect(intake.begin(PERSON, sent, { hold: true })).rejects.toThrow('deleted before it was whole');
  });

  it('lets go of its files after its end, piece by piece', async () => {
    const { importId, jobId } = await intake.begin(PERSON, uploadOf([extendedRow(HEARD)]), { hold: false });
    const pieces = async () => (await open.database.query('SELECT FROM import_pieces')).length;
    const add = () =>
      open.database.query(`INSERT INTO import_pieces SELECT $1, $2, 0, n, '123' FROM generate_series(1, 250) AS n`, [
        importId,
        PERSON,
      ]);
    await add();
    const job = { id: jobId, userId: PERSON, data: { userId: PERSON, importId } } as Job<'import-archive'>;
    await open.database.transaction(async (tx) => {
      await observer.onTransition(tx, job, { kind: 'completed', result: { items: 1 } });
      expect(await tx.query('SELECT FROM import_pieces')).toHaveLength(251);
    });
    await until('no pieces', async () => (await pieces()) === 0);
    // As if the process had died before.
    await add();
    expect(await rows.storedBytes(PERSON)).toBe(0);
    await rows.dropPiecesOfEnded(new Date(0));
    expect(await pieces()).toBe(0);
  });

  it('cancels the job of a held import that is started while it is deleted', async () => {
    const { importId } = await intake.begin(PERSON, uploadOf([extendedRow(HEARD)]), { hold: true });
    const find = rows.find.bind(rows);
    rows.find = async (...which) => {
      const found = await find(...which);
      rows.find = find;
      await intake.start(PERSON, found!);
      return found;
    };
    await deletion.begin(PERSON, importId);
    expect(await open.database.query('SELECT name, status FROM jobs ORDER BY 1')).toEqual([
      { name: 'delete-import', status: 'waiting' },
      { name: 'import-archive', status: 'cancelled' },
    ]);
    expect(await rows.list(PERSON, undefined, 10)).toEqual([]);
  });

  it('keeps the files of a failed import for as long as it may be retried', async () => {
    const [row] = [{ ts: 'never', ms_played: 1 }];
    const { importId } = await intake.begin(PERSON, uploadOf([row]), { hold: false });
    await expect(service.read(runOf<'import-archive'>(importId).run)).rejects.toMatchObject({
      code: 'NOTHING_RECOGNIZED',
    });
    await open.database.transaction((tx) => rows.noteOutcome(tx, importId, 'failed', { code: 'X', message: 'x' }));
    const pieces = () => open.database.query('SELECT FROM import_pieces');
    await rows.dropPiecesOfEnded(new Date(Date.now() - 60_000));
    expect(await pieces()).toHaveLength(1);
    expect(await rows.storedBytes(PERSON)).toBeGreaterThan(0);
    await rows.dropPiecesOfEnded(new Date(Date.now() + 60_000));
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
