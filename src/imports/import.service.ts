import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ArtistKeys } from '../extraction/artist-keys.js';
import { PermanentError } from '../queues/errors.js';
import type { JobRun } from '../queues/job-run.js';
import type { JobResult } from '../queues/jobs.js';
import { decodedText } from './archive/decoded-text.js';
import { formatNamed } from './formats.js';
import { paceOn, readInBatches, type Batch, type ReadableEntry } from './import-reading.js';
import { ImportRows, type CountedEntry } from './import-rows.js';
import { ImportStore } from './import-store.js';
import { ReceiptBook } from './receipt-book.js';
import { compareAccounts, type Receipt } from './receipt.js';

type ImportRun = JobRun<'import-archive'>;

const checkpointSchema = z.object({ entry: z.number(), row: z.number() });

/** Reads the files of an import into items, and continues where an earlier run stopped. */
@Injectable()
export class ImportService {
  constructor(
    private readonly rows: ImportRows,
    private readonly store: ImportStore,
    private readonly artistKeys: ArtistKeys,
    @InjectConfig() private readonly config: Config,
  ) {}

  async read(run: ImportRun): Promise<JobResult<'import-archive'>> {
    const { userId, importId } = run.job.data;
    const imported = await this.rows.find(userId, importId);
    if (!imported) throw new PermanentError('IMPORT_DELETED', 'The import was deleted');
    // What was read of a connection by an earlier version has to be found.
    await this.artistKeys.ofPerson(userId, run.signal);
    const entries = await this.rows.entries(importId);
    const readable = await this.readable(importId, entries);
    const of = readable.reduce((sum, { bytes }) => sum + bytes, 0);
    const book = new ReceiptBook(imported.receipt, imported.files, entries);
    const after = checkpointSchema.safeParse(run.checkpoint).data;
    const context = { profile: imported.profile ?? undefined, receivedAt: imported.createdAt };
    for await (const batch of readInBatches(readable, context, paceOn(this.config), after)) {
      await this.save(run, book, batch, of);
    }
    const { receipt } = book;
    compareAccounts(receipt, await this.rows.knownAccounts(userId, importId));
    if (receipt.otherAccount) await run.write((tx) => this.rows.saveReceipt(tx, importId, receipt, new Map()));
    if (receipt.accepted + receipt.alreadyKnown + receipt.merged === 0) {
      throw new PermanentError('NOTHING_RECOGNIZED', nothingFound(receipt));
    }
    return { items: run.items };
  }

  private async save(run: ImportRun, book: ReceiptBook, { rows, position, bytes }: Batch, of: number): Promise<void> {
    const { userId, importId } = run.job.data;
    const progress = Math.min(99, Math.floor((99 * bytes) / Math.max(1, of)));
    const step = rows.at(-1)?.entry.format.title ?? '';
    let accepted = 0;
    const piece = { checkpoint: position, progress, items: () => accepted, step, bytes: { read: bytes, of } };
    await run.save(piece, async (tx) => {
      const fates = await this.store.save(tx, { userId, importId }, rows);
      accepted = fates.filter((fate) => fate === 'accepted').length;
      await this.rows.saveReceipt(tx, importId, book.receipt, book.add(rows, fates));
    });
  }

  private async readable(importId: string, entries: readonly CountedEntry[]): Promise<ReadableEntry[]> {
    const readable = entries.flatMap((entry) => {
      const format = entry.format === null ? undefined : formatNamed(entry.format);
      return format ? [{ ...entry, format, open: () => decodedText(this.bytes(importId, entry.entry)) }] : [];
    });
    const [first] = readable;
    if (first && !(await this.rows.piece(importId, first.entry, 0))) {
      throw new PermanentError('UPLOAD_GONE', 'The uploaded files are no longer kept. Upload them again.');
    }
    return readable;
  }

  private async *bytes(importId: string, entry: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let piece = 0; ; piece += 1) {
      const data = await this.rows.piece(importId, entry, piece);
      if (!data) return;
      yield await promisify(gunzip)(data);
    }
  }
}

/** In words for the person whose files gave nothing. */
function nothingFound({ read, skipped, unread }: Receipt): string {
  const reasons = [...Object.entries(skipped), ...Object.entries(unread)].map(
    ([reason, { count }]) => `${reason} (${count})`,
  );
  return read === 0
    ? 'The files have no rows.'
    : `None of the ${read} rows could be taken: ${reasons.join(', ')}. See docs/archives.md for the file to ask for.`;
}
