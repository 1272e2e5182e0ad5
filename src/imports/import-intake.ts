import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { BulkDatabase, Database, type Transaction } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { JobIntake, type Enqueued } from '../queues/job-intake.js';
import { paceOn, readInBatches } from './import-reading.js';
import { ImportRows, type Import } from './import-rows.js';
import { ImportStore } from './import-store.js';
import { ReceiptBook } from './receipt-book.js';
import { compareAccounts, emptyReceipt } from './receipt.js';
import { Recognition, refusedArchive } from './recognition.js';
import { SeenItems } from './seen-items.js';
import type { Upload } from './uploads.js';

/** Files are kept in pieces of so many bytes, before they are compressed. */
const PIECE_BYTES = 262_144;

/** An import that was begun, or one of the same files that is running. */
export interface BegunImport {
  readonly importId: string;
  /** None while it is held. */
  readonly jobId: string | null;
  readonly isNew: boolean;
  readonly detected: ReturnType<Recognition['detected']>;
}

/** Makes imports of uploads. */
@Injectable()
export class ImportIntake {
  constructor(
    private readonly database: Database,
    private readonly bulk: BulkDatabase,
    private readonly rows: ImportRows,
    private readonly store: ImportStore,
    private readonly intake: JobIntake,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Keeps what is recognised of an upload, and queues the job that reads it. While the same files of this person are being
   * imported, that import is returned.
   * @param hold keeps it unread for an hour, until it is started
   * @throws ApiError 413 or 422 when nothing of it can be read
   */
  async begin(userId: string, upload: Upload, { hold }: { readonly hold: boolean }): Promise<BegunImport> {
    const recognition = await Recognition.of(upload);
    try {
      const detected = recognition.detected();
      const digest = digestOf(upload);
      const importId = uuidv7();
      const { profile = null } = upload;
      const files = upload.files.map(({ name, bytes }) => ({ name, bytes }));
      await this.rows.create({ id: importId, userId, digest, profile }, files, emptyReceipt());
      try {
        await this.rows.addEntries(importId, userId, recognition.entries);
        await this.keep(importId, userId, recognition);
      } catch (error) {
        await this.database.transaction((tx) => this.rows.delete(tx, importId));
        throw refusedArchive(error);
      }
      if (hold) {
        await this.database.transaction((tx) => this.rows.finishUpload(tx, importId, null));
        return { importId, jobId: null, isNew: true, detected };
      }
      const { job, created } = await this.queue(userId, importId, digest);
      return { importId: job.data.importId, jobId: job.id, isNew: created, detected };
    } finally {
      await recognition.close();
    }
  }

  /**
   * Starts a held import.
   * @throws ApiError 404 `IMPORT_NOT_FOUND`, 409 `IMPORT_STARTED`
   */
  async start(userId: string, held: Import): Promise<Omit<BegunImport, 'detected'>> {
    if (held.jobId !== null) throw new ApiError(409, 'IMPORT_STARTED', 'The import was started already.');
    const { job, created } = await this.queue(userId, held.id, held.digest);
    return { importId: job.data.importId, jobId: job.id, isNew: created };
  }

  /** The receipt that an import of these files would have. Nothing is kept. */
  async tryOut(
    userId: string,
    upload: Upload,
  ): Promise<{ files: Import['files']; book: ReceiptBook; entries: Recognition['entries'] }> {
    const recognition = await Recognition.of(upload);
    try {
      const { entries } = recognition;
      const book = new ReceiptBook(
        emptyReceipt(),
        upload.files,
        entries.map((entry) => ({ ...entry, counts: {} })),
      );
      const importId = uuidv7();
      const seen = new SeenItems();
      const context = { profile: upload.profile, receivedAt: new Date() };
      for await (const { rows } of readInBatches(recognition.readable, context, paceOn(this.config))) {
        const fates = await this.undone((tx) => this.store.save(tx, { userId, importId }, rows));
        book.add(rows, seen.corrected(rows, fates));
      }
      compareAccounts(book.receipt, await this.rows.knownAccounts(userId, importId));
      return { files: upload.files, book, entries };
    } finally {
      await recognition.close();
    }
  }

  /** Makes the upload visible and queues its job; the files of an import that is running are not read again. */
  private async queue(userId: string, importId: string, digest: string): Promise<Enqueued<'import-archive'>> {
    const queued = await this.database.transaction(async (tx) => {
      const queued = await this.intake.enqueue(
        tx,
        'import-archive',
        { userId, importId, digest },
        { trigger: 'manual' },
      );
      if (queued.created) await this.rows.finishUpload(tx, importId, queued.job.id);
      else if (queued.job.data.importId !== importId) await this.rows.delete(tx, importId);
      return queued;
    });
    return queued;
  }

  /** Stores the recognised files in compressed pieces, from which any worker can read them. */
  private async keep(importId: string, userId: string, { readable }: Recognition): Promise<void> {
    let stored = await this.rows.storedBytes(userId);
    for (const { entry, content } of readable) {
      let n = 0;
      for await (const piece of inPieces(content.open())) {
        const data = await promisify(gzip)(piece, { level: 6 });
        stored += data.length;
        if (stored > this.config.imports.storedBytes) throw tooMuchStored();
        await this.rows.addPiece(importId, userId, entry, n, data);
        n += 1;
      }
    }
  }

  /** Does work in a transaction and takes it back. */
  private async undone<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const undo = new Undo<Result>();
    try {
      await this.bulk.transaction(async (tx) => {
        undo.results.push(await work(tx));
        throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
    }
    const [result] = undo.results;
    if (result === undefined) throw undo;
    return result;
  }
}

/** Takes a transaction back. */
class Undo<Result> extends Error {
  readonly results: Result[] = [];
}

/** Equal files are one import, whatever they are called and in whatever order they come. */
function digestOf({ files, profile = '' }: Upload): string {
  const hashes = files.map(({ sha256 }) => sha256).sort();
  return createHash('sha256')
    .update(JSON.stringify([hashes, profile]))
    .digest('hex');
}

async function* inPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

function tooMuchStored(): ApiError {
  return new ApiError(
    409,
    'IMPORTS_WAITING',
    'Too many of your uploads wait to be read. Send this one when the earlier ones have ended.',
    { retryAfter: 60 },
  );
}
