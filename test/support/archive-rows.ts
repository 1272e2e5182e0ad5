import type { ArchiveFormat, Beginning, RowOutcome } from '../../src/imports/format.js';

/** How much of a file is a beginning. */
const BEGINNING = 65_536;

/** The beginning of a file, as formats are shown it. */
export function beginningOf(text: string): Beginning {
  return { text: text.slice(0, BEGINNING), whole: text.length <= BEGINNING };
}

/** A text in pieces of the given lengths, again and again. As decoders do, it leaves surrogate pairs together. */
export async function* inPieces(text: string, lengths: readonly number[]): AsyncGenerator<string> {
  let at = 0;
  for (let piece = 0; at < text.length; piece += 1) {
    let end = at + (lengths[piece % lengths.length] ?? text.length);
    if (/[\ud800-\udbff]/.test(text[end - 1] ?? '')) end += 1;
    yield text.slice(at, end);
    at = end;
  }
}

/** All outcomes of a file. */
export async function outcomesOf(
  format: ArchiveFormat,
  text: string,
  {
    profile,
    receivedAt,
    lengths = [4_096],
  }: { readonly profile?: string; readonly receivedAt?: Date; readonly lengths?: readonly number[] } = {},
): Promise<readonly RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  const context = { name: 'a file', profile, receivedAt };
  for await (const outcome of format.read(inPieces(text, lengths), context)) outcomes.push(outcome);
  return outcomes;
}

/** What an outcome is in one word: the kind of its item, or the reason against it. */
export function wordOf(outcome: RowOutcome): string {
  if ('item' in outcome) return outcome.item.kind;
  return 'skipped' in outcome ? outcome.skipped : outcome.unread;
}

/** A CSV file with all cells quoted. */
export function csvOf(records: readonly (readonly string[])[]): string {
  return records.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join() + '\r\n').join('');
}
