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
import { importNotFound } from './import-deletion.js';
import { paceOn, readInBatches } from './import-reading.js';
import { ImportRows, type Import } from './import-rows.js';
import { ImportStore } from './import-store.js';
import { ReceiptBook } from './receipt-book.js';
import { compareAccounts, emptyReceipt } from './receipt.js';
import { Recognition } from './recognition.js';
import { TrialMemory } from './trial-memory.js';
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

/** What an import of an upload would come to. */
export interface Trial {
  readonly files: Import['files'];
  readonly entries: Recognition['entries'];
  readonly book: ReceiptBook;
  /** Whether the split of its items into new, known and merged ones may differ from that of the import. */
  readonly isEstimate: boolean;
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
   * @param signal ends it; nothing is kept then
   * @throws ApiError 413 or 422 when nothing of it can be read
   */
  async begin(
    userId: string,
    upload: Upload,
    { hold, signal }: { readonly hold: boolean; readonly signal?: AbortSignal },
  ): Promise<BegunImport> {
    const recognition = await Recognition.of(upload, signal);
    try {
      const digest = digestOf(upload);
      const importId = uuidv7();
      const { profile = null } = upload;
      const files = upload.files.map(({ name, bytes }) => ({ name, bytes }));
      await this.rows.create({ id: importId, userId, digest, profile }, files, emptyReceipt());
      try {
        await this.keep(importId, userId, recognition, signal);
        await this.rows.addEntries(importId, userId, recognition.entries);
        signal?.throwIfAborted();
      } catch (error) {
        await this.rows.drop(importId);
        throw error;
      }
      const detected = recognition.detected();
      if (hold) {
        if (!(await this.rows.hold(importId))) throw new Error('The upload was deleted before it was whole');
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

  /**
   * What an import of these files would come to. Nothing is kept.
   * @param signal ends it
   */
  async tryOut(userId: string, upload: Upload, signal?: AbortSignal): Promise<Trial> {
    const recognition = await Recognition.of(upload, signal);
    try {
      // Damage shows at the end of a file, when its rows would have been counted already.
      await recognition.each(async ({ content }) => {
        for await (const _ of content.open()) signal?.throwIfAborted();
      });
      const { entries } = recognition;
      const book = new ReceiptBook(
        emptyReceipt(),
        upload.files,
        entries.map((entry) => ({ ...entry, counts: {} })),
      );
      const importId = uuidv7();
      const memory = new TrialMemory();
      const context = { profile: upload.profile, receivedAt: new Date() };
      for await (const { rows } of readInBatches(recognition.readable, context, paceOn(this.config))) {
        signal?.throwIfAborted();
        const earlier = memory.around(rows);
        const fates = await this.undone((tx) => this.store.save(tx, { userId, importId }, [...earlier, ...rows]));
        book.add(rows, memory.corrected(rows, fates.slice(earlier.length)));
      }
      compareAccounts(book.receipt, await this.rows.knownAccounts(userId, importId));
      return { files: upload.files, entries, book, isEstimate: memory.isEstimate };
    } finally {
      await recognition.close();
    }
  }

  /**
   * Makes the upload visible and queues its job; the files of an import that is running are not read again.
   * @throws ApiError 404 `IMPORT_NOT_FOUND` when it was deleted meanwhile
   */
  private async queue(userId: string, importId: string, digest: string): Promise<Enqueued<'import-archive'>> {
    const queued = await this.database.transaction(async (tx) => {
      const queued = await this.intake.enqueue(
        tx,
        'import-archive',
        { userId, importId, digest },
        { trigger: 'manual' },
      );
      if (queued.created && !(await this.rows.start(tx, importId, queued.job.id))) throw importNotFound();
      return queued;
    });
    if (queued.job.data.importId !== importId) await this.rows.drop(importId);
    return queued;
  }

  /** Stores the recognised files in compressed pieces, from which any worker can read them. */
  private async keep(
    importId: string,
    userId: string,
    recognition: Recognition,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let stored = await this.rows.storedBytes(userId);
    await recognition.each(async ({ entry, content }) => {
      let bytes = 0;
      let n = 0;
      try {
        for await (const piece of inPieces(content.open())) {
          signal?.throwIfAborted();
          const data = await promisify(gzip)(piece, { level: 6 });
          bytes += data.length;
          if (stored + bytes > this.config.imports.storedBytes) throw tooMuchStored();
          await this.rows.addPiece(importId, userId, entry, n, data);
          n += 1;
        }
      } catch (error) {
        await this.rows.dropPieces(importId, entry);
        throw error;
      }
      stored += bytes;
    });
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
