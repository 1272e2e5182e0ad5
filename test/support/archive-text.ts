import type { ArchiveFormat, ReadingContext, RowOutcome } from '../../src/imports/format.js';

/** When archives of tests were received. */
const RECEIVED_AT = new Date('2026-11-24T12:00:00Z');

/** Reads a text as a format does, in pieces of so many characters. */
export async function outcomesOf(
  format: ArchiveFormat,
  text: string,
  { size = 65_536, ...context }: { readonly size?: number } & Partial<ReadingContext> = {},
): Promise<RowOutcome[]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const outcomes: RowOutcome[] = [];
  for await (const outcome of format.read(pieces(), { name: 'any.name', receivedAt: RECEIVED_AT, ...context })) {
    outcomes.push(outcome);
  }
  return outcomes;
}

/** Whether a format takes a text for its own. */
export function detects(format: ArchiveFormat, text: string): boolean {
  return format.detect({ text: text.slice(0, 65_536), whole: text.length <= 65_536 });
}

/** What an outcome is, in a word: the kind of its item, or why there is none. */
export function resultOf(outcome: RowOutcome): string {
  if ('item' in outcome) return outcome.item.kind;
  return 'skipped' in outcome ? outcome.skipped : outcome.unread;
}
