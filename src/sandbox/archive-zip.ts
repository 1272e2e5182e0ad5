import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { ArchiveEntry } from './stand-in.js';

/** A zip stores the local time of day, so this is the same bytes in every zone. */
const MADE_AT = new Date(2020, 0, 1, 12);

/**
 * A zip of these files, written as it is read: a slow reader slows it down, and a file is begun when the one before it
 * has ended. The same entries are always the same bytes.
 */
export function zipOf(entries: Iterable<ArchiveEntry>): Readable {
  const zip = new ZipFile();
  // Typed as any stream; it is a PassThrough.
  const output = zip.outputStream as Readable;
  const left = entries[Symbol.iterator]();
  let text: Readable | undefined;
  const add = (): void => {
    const next = left.next();
    if (next.done === true) {
      zip.end();
      return;
    }
    const entry = next.value;
    zip.addReadStreamLazy(entry.name, { mtime: MADE_AT, forceDosTimestamp: true }, (give) => {
      text = Readable.from(inPieces(entry.text));
      text.once('end', () => attempt(add)).once('error', (error) => output.destroy(error));
      give(null, text);
    });
  };
  const attempt = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      output.destroy(error as Error); // Generators throw errors.
    }
  };
  // A reader that goes leaves the file that was being made.
  output.once('close', () => text?.destroy());
  zip.on('error', (error: Error) => output.destroy(error));
  attempt(add);
  return output;
}

/** Rows are small and many: handed on one by one they would cost more than they hold. */
function* inPieces(text: Iterable<string>): Generator<Buffer> {
  let piece = '';
  for (const part of text) {
    piece += part;
    if (piece.length < 65_536) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  if (piece !== '') yield Buffer.from(piece);
}
