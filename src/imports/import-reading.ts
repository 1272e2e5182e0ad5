import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.js';
import type { ArchiveFormat, ReadingContext, RowOutcome } from './format.js';
import type { ImportEntry } from './import-rows.js';

/** How an archive is read beside other work. */
export interface Pace {
  /** The most rows of a batch. */
  readonly rows: number;
  /** Whether it rests after each batch for as long as that took. */
  readonly rests: boolean;
}

const SWIFT: Pace = { rows: 1_000, rests: false };

/** The embedded database has one connection and works in the server's own thread: a batch holds up everybody else. */
const GENTLE: Pace = { rows: 200, rests: true };

/** The pace on the configured database. */
export function paceOn({ database }: Pick<Config, 'database'>): Pace {
  return database.url === undefined ? GENTLE : SWIFT;
}

/** A file to read, with the format that recognised it. */
export interface ReadableEntry extends Pick<ImportEntry, 'entry' | 'file' | 'name' | 'bytes'> {
  readonly format: ArchiveFormat;
  /** Its text, from the start. */
  open(): AsyncIterable<string>;
}

/** The place after a row: everything up to it was read. Rows count from 1. */
export interface ReadingPosition {
  readonly entry: number;
  readonly row: number;
}

/** A row and where it is. */
export interface ReadRow {
  readonly entry: ReadableEntry;
  readonly row: number;
  readonly outcome: RowOutcome;
}

/** Consecutive rows. */
export interface Batch {
  readonly rows: readonly ReadRow[];
  readonly position: ReadingPosition;
  /** How many bytes of all entries have been read; estimated within an entry. */
  readonly bytes: number;
}

/**
 * Reads entries row by row, in batches: the same ones whenever it is asked, also when it goes on after the position of a
 * batch.
 */
export async function* readInBatches(
  entries: readonly ReadableEntry[],
  context: Omit<ReadingContext, 'name'>,
  { rows: most, rests }: Pace,
  after: ReadingPosition = { entry: -1, row: 0 },
): AsyncGenerator<Batch, void, undefined> {
  let rows: ReadRow[] = [];
  let position = after;
  let before = 0;
  for (const entry of entries) {
    const text = counted(entry.open());
    if (entry.entry >= after.entry) {
      let row = 0;
      for await (const outcome of entry.format.read(text.pieces, { ...context, name: entry.name })) {
        row += 1;
        if (entry.entry === after.entry && row <= after.row) continue;
        rows.push({ entry, row, outcome });
        position = { entry: entry.entry, row };
        if (rows.length < most) continue;
        const begun = performance.now();
        yield { rows, position, bytes: before + Math.min(text.characters(), entry.bytes) };
        if (rests) await sleep(performance.now() - begun);
        rows = [];
      }
    }
    before += entry.bytes;
  }
  if (rows.length > 0) yield { rows, position, bytes: before };
}

/** Counts what was read of a text. */
function counted(text: AsyncIterable<string>): {
  readonly pieces: AsyncIterable<string>;
  readonly characters: () => number;
} {
  let characters = 0;
  const pieces = async function* () {
    for await (const piece of text) {
      characters += piece.length;
      yield piece;
    }
  };
  return { pieces: pieces(), characters: () => characters };
}
