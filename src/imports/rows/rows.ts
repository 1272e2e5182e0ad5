import { jsonParser } from 'stream-json/core/parser.js';
import type { CsvDelimiter } from './csv-delimiter.js';
import { CsvFile } from './csv-file.js';
import { evenPieces } from './even-pieces.js';
import {
  BAD_ROW,
  CUT_SHORT,
  LONGEST_ROW,
  MOST_LEVELS,
  MOST_SEARCHED,
  TOO_DEEP,
  TOO_LONG,
  type CsvRecord,
  type Row,
} from './row.js';
import { RowAssembler, tokensOf } from './row-assembler.js';

export type { CsvRecord, Row } from './row.js';

/**
 * The rows of a JSON file, which is an array or an object: see `RowAssembler`. What cannot be parsed ends the file: the
 * rest counts as one row that was cut short, or as a long one if no end of a row is found within `MOST_SEARCHED`.
 * A file of white space has no rows.
 */
export async function* jsonRows(text: AsyncIterable<string>): AsyncGenerator<Row, void, undefined> {
  const parser = jsonParser({ packValues: true, streamValues: false });
  const rows = new RowAssembler();
  let searched = 0;
  let blank = true;
  for await (const piece of evenPieces(text)) {
    blank &&= piece.trim() === '';
    for (const part of partsOf(piece)) {
      let tokens;
      try {
        tokens = tokensOf(parser(part));
      } catch {
        yield CUT_SHORT;
        return;
      }
      searched += part.length;
      for (const token of tokens) {
        const row = rows.take(token);
        if (!rows.inRow) searched = 0;
        if (row) yield row;
      }
      if (searched > MOST_SEARCHED) {
        yield TOO_LONG;
        return;
      }
    }
  }
  if (!rows.ended && !blank) yield CUT_SHORT;
}

/**
 * A piece cut after each sign that may end a row. What the parser refuses takes the tokens before it along; so these are
 * tokens of the refused row only.
 */
function* partsOf(piece: string): Generator<string, void, undefined> {
  let start = 0;
  for (const { index } of piece.matchAll(/[}\]]/g)) {
    yield piece.slice(start, index + 1);
    start = index + 1;
  }
  if (start < piece.length) yield piece.slice(start);
}

/** The values of a file with one JSON document a line; empty lines are no rows. */
export async function* jsonLines(text: AsyncIterable<string>): AsyncGenerator<Row, void, undefined> {
  let line = '';
  let tooLong = false;
  for await (const piece of evenPieces(text)) {
    for (const [index, part] of piece.split('\n').entries()) {
      if (index > 0) {
        if (tooLong) yield TOO_LONG;
        else if (line.trim() !== '') yield rowOfLine(line);
        line = '';
        tooLong = false;
      }
      tooLong ||= line.length + part.length > LONGEST_ROW;
      line = tooLong ? '' : line + part;
    }
  }
  if (tooLong) yield TOO_LONG;
  else if (line.trim() !== '') {
    const last = rowOfLine(line);
    yield last === BAD_ROW ? CUT_SHORT : last;
  }
}

function rowOfLine(line: string): Row {
  try {
    const value: unknown = JSON.parse(line);
    return isDeeper(value, MOST_LEVELS) ? TOO_DEEP : { value };
  } catch {
    return BAD_ROW;
  }
}

/** Looks no deeper than `levels`: what is nested deeper may be nested too deeply for the stack. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

/** How a CSV file is written, where a format knows. */
export interface CsvForm {
  readonly delimiter?: CsvDelimiter | undefined;
  /** Whether its first record is a row like the others; the header is then empty. */
  readonly headless?: boolean | undefined;
}

/**
 * The records of a CSV file (RFC 4180, quotes anywhere, any number of cells, any ends of lines) after its header; empty
 * lines are none. Its first line shows whether commas, semicolons or tabs separate the cells. A record whose end is
 * not found ends the file, as when a quote is never closed: nobody knows where the next one begins.
 */
export async function* csvRows(
  text: AsyncIterable<string>,
  { delimiter, headless = false }: CsvForm = {},
): AsyncGenerator<Row<CsvRecord>, void, undefined> {
  const file = new CsvFile(delimiter);
  let header: readonly string[] | undefined = headless ? [] : undefined;
  let searched = 0;
  for await (const piece of evenPieces(text)) {
    const refused = await file.read(piece);
    searched += piece.length;
    for (const cells of file.take()) {
      searched = 0;
      if (header) yield rowOf(header, cells);
      header ??= cells.map((cell) => cell.trim());
    }
    if (refused ?? searched > MOST_SEARCHED) {
      yield refused ?? TOO_LONG;
      return;
    }
  }
  const refused = await file.end();
  for (const cells of file.take()) if (header) yield rowOf(header, cells);
  if (refused) yield refused;
}

function rowOf(header: readonly string[], cells: readonly string[]): Row<CsvRecord> {
  let characters = 0;
  for (const cell of cells) characters += cell.length + 1;
  return characters > LONGEST_ROW ? TOO_LONG : { value: { header, cells } };
}
