import type { ArchiveFormat, ReadingContext, RowOutcome } from '../../src/imports/format.js';
import { inPieces } from './archive-rows.js';

/** All outcomes of a file with a name, read in pieces of these lengths. */
export async function readArchiveFile(
  format: ArchiveFormat,
  text: string,
  context: ReadingContext,
  lengths: readonly number[] = [7, 1, 300],
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  for await (const outcome of format.read(inPieces(text, lengths), context)) outcomes.push(outcome);
  return outcomes;
}
