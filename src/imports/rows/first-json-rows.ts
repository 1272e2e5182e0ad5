import { jsonParser } from 'stream-json/core/parser.js';
import type { Row } from './row.js';
import { RowAssembler, tokensOf } from './row-assembler.js';

/** Characters that are parsed at once: what comes before a fault is known, up to so many of them. */
const PARSED_AT_ONCE = 256;

/**
 * The first rows of a JSON file of which only the beginning is known. A format recognises its own by them, so nothing is
 * reported: what is no JSON has no rows.
 */
export function* firstJsonRows(beginning: string): Generator<Row, void, undefined> {
  if (!/^\s*[[{]/.test(beginning)) return;
  const parser = jsonParser({ packValues: true, streamValues: false });
  const rows = new RowAssembler();
  for (let at = 0; at < beginning.length && !rows.ended; at += PARSED_AT_ONCE) {
    let tokens;
    try {
      tokens = parser(beginning.slice(at, at + PARSED_AT_ONCE));
    } catch {
      return;
    }
    for (const token of tokensOf(tokens)) {
      const row = rows.take(token);
      if (row) yield row;
    }
  }
}
