import './own-data-folder.js';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { parseConfig } from '../../src/config/config.js';
import type { Database } from '../../src/database/database.js';
import { ArtistKeys } from '../../src/extraction/artist-keys.js';
import { ItemSources } from '../../src/extraction/item-sources.js';
import { ItemStore } from '../../src/extraction/item-store.js';
import { Listenings } from '../../src/extraction/listenings.js';
import { sameListenings, type Telling } from '../../src/extraction/same-listenings.js';
import { ImportDeletion } from '../../src/imports/import-deletion.js';
import { ImportIntake } from '../../src/imports/import-intake.js';
import { ImportObserver } from '../../src/imports/import-observer.js';
import { ImportRows } from '../../src/imports/import-rows.js';
import { ImportService } from '../../src/imports/import.service.js';
import { ImportStore } from '../../src/imports/import-store.js';
import { ImportsController } from '../../src/imports/imports.controller.js';
import type { Receipt } from '../../src/imports/receipt.js';
import type { Upload } from '../../src/imports/uploads.js';
import { spotify } from '../../src/platforms/spotify/spotify.js';
import { JobIntake } from '../../src/queues/job-intake.js';
import { JobLedger } from '../../src/queues/job-ledger.js';
import { JobObservers } from '../../src/queues/job-observers.js';
import type { JobRun } from '../../src/queues/job-run.js';
import { JobQueries } from '../../src/queues/job-queries.js';
import { JobSignals } from '../../src/queues/job-signals.js';
import { openDatabase, type OpenDatabase } from './open-database.js';
import { pageStoreOf } from './page-store.js';
import { polled, type Heard } from './told-listenings.js';

/** Whose archives they are. */
export const PERSON = 'ana';

/** All that imports consist of, on a database of its own and without queues: a test runs the jobs itself. */
export class ImportBench {
  readonly rows: ImportRows;
  readonly store: ImportStore;
  readonly intake: ImportIntake;
  readonly service: ImportService;
  readonly observer: ImportObserver;
  readonly deletion: ImportDeletion;
  private readonly folder = mkdtempSync(join(tmpdir(), 'imports-'));
  private files = 0;

  private constructor(private readonly open: OpenDatabase) {
    const { database, bulk } = open;
    const [observers, signals, listenings] = [new JobObservers(), new JobSignals(), new Listenings()];
    const jobs = new JobIntake(observers, signals);
    const config = parseConfig({});
    const events = { append: () => undefined } as never;
    this.rows = new ImportRows(database);
    this.store = new ImportStore(new ItemStore(database), listenings);
    this.intake = new ImportIntake(database, bulk, this.rows, this.store, jobs, config);
    this.service = new ImportService(this.rows, this.store, new ArtistKeys(database), config);
    this.observer = new ImportObserver(events, {} as never, jobs, this.rows);
    const [sources, ledger] = [new ItemSources(listenings), new JobLedger(database, observers, signals)];
    this.deletion = new ImportDeletion(database, this.rows, sources, ledger, jobs, events);
  }

  static async open(): Promise<ImportBench> {
    Logger.overrideLogger(false);
    return new ImportBench(await openDatabase());
  }

  get database(): Database {
    return this.open.database;
  }

  async close(): Promise<void> {
    await this.open.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Only the person is left. */
  async clear(): Promise<void> {
    await this.database.query('TRUNCATE users, jobs CASCADE');
    await this.database.query('TRUNCATE stat_kind, stat_quarter, stat_key_day');
    await this.database.query('INSERT INTO users (id) VALUES ($1)', [PERSON]);
  }

  /** An upload of files with these texts. */
  upload(...texts: readonly (string | Buffer)[]): Upload {
    const sent = texts.map((text) => {
      const path = join(this.folder, String((this.files += 1)));
      writeFileSync(path, text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { name: `file ${this.files}.json`, path, bytes: Buffer.byteLength(text), sha256 };
    });
    return { files: sent, profile: undefined, forget: () => Promise.resolve() };
  }

  /** An upload of a JSON file for each of the lists. */
  uploadOf(...lists: readonly (readonly unknown[])[]): Upload {
    return this.upload(...lists.map((list) => JSON.stringify(list)));
  }

  controllerOf(uploads: object): ImportsController {
    const jobs = new JobQueries(this.database, new JobSignals());
    return new ImportsController(
      uploads as never,
      this.intake,
      this.rows,
      this.deletion,
      jobs,
      {} as never,
      {} as never,
    );
  }

  /** A run that stores as a real one does; it breaks off after some pieces of work. */
  runOf<Name extends 'import-archive' | 'delete-import'>(importId: string, pieces = Infinity, checkpoint?: unknown) {
    const { database } = this;
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
        await database.transaction(async (tx) => {
          await write(tx);
          if (state.left < 0) throw new Error('killed');
        });
        state.checkpoint = JSON.parse(JSON.stringify(piece.checkpoint));
        state.items += piece.items();
      },
      write: (work: (tx: unknown) => Promise<void>) => database.transaction(work),
    };
    return { run: run as unknown as JobRun<Name>, state };
  }

  /** @returns the id of the import */
  async imported(sent: Upload): Promise<string> {
    const { importId } = await this.intake.begin(PERSON, sent, { hold: false });
    await this.service.read(this.runOf<'import-archive'>(importId).run);
    await this.database.query('DELETE FROM import_pieces');
    await this.database.query('DELETE FROM jobs');
    return importId;
  }

  async deleted(importId: string): Promise<void> {
    await this.deletion.begin(PERSON, importId);
    await this.deletion.delete(this.runOf<'delete-import'>(importId).run);
    await this.database.query('DELETE FROM jobs');
  }

  async receiptOf(importId: string): Promise<Receipt | undefined> {
    return (await this.rows.find(PERSON, importId))?.receipt;
  }

  /** Stores what Spotify's API tells of these. */
  async poll(heard: readonly Heard[]): Promise<void> {
    const items = heard.flatMap((each) => polled(each) ?? []);
    await this.database.transaction((tx) =>
      pageStoreOf(this.database).save(tx, PERSON, spotify, [{ items, checkpoint: {}, done: 1, step: '' }]),
    );
  }

  items(): Promise<{ id: string; sources: number }[]> {
    return this.database.query(
      `SELECT platform || ' ' || kind || ' ' || external_id AS id, cardinality(sources) AS sources FROM items WHERE user_id = $1 ORDER BY 1`,
      [PERSON],
    );
  }

  witnesses(): Promise<{ id: string; shown: string }[]> {
    return this.database.query(
      `SELECT external_id AS id, shown_id AS shown FROM witnesses WHERE user_id = $1 ORDER BY 1`,
      [PERSON],
    );
  }

  /** Expects that what is stored follows from the tellings alone, whatever happened before. */
  async expectSettled(): Promise<void> {
    const columns = `platform, kind, external_id AS "externalId", (extract(epoch FROM occurred_at) * 1000)::float8 AS at, listening`;
    const tellings = await this.database.query<Telling & { shown: string | null }>(
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

  /** The counts that a signature rests on. */
  async countsOf() {
    return {
      kinds: await this.database.query('SELECT kind, items FROM stat_kind ORDER BY 1'),
      quarters: await this.database.query('SELECT kind, quarter, items FROM stat_quarter ORDER BY 1, 2'),
      keys: await this.database.query('SELECT key, day, items FROM stat_key_day ORDER BY 1, 2'),
    };
  }
}
