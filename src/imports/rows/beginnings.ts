import { CsvError, parse } from 'csv-parse/sync';
import type { JsonObject } from '../../platforms/platform.js';
import { type Beginning, objectOf } from '../format.js';
import { csvDelimiter, type CsvDelimiter, withoutToldDelimiter } from './csv-delimiter.js';

/** The first element of the array that a JSON file is, if it is an object that ends within the beginning. */
export function firstObject({ text }: Beginning): JsonObject | undefined {
  const start = /^\s*\[\s*(?=\{)/.exec(text)?.[0].length;
  const end = start === undefined ? undefined : endOfObject(text, start);
  if (end === undefined) return undefined;
  try {
    return objectOf(JSON.parse(text.slice(start, end)));
  } catch {
    return undefined;
  }
}

/** Behind the brace that closes the one at `start`. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth += 1;
    else if (character === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** How many records of a beginning are parsed at most. */
const MOST_RECORDS = 50;

type Records = readonly (readonly string[])[];

/** What was parsed of a beginning, by the delimiter: all formats of tables ask for it, of each file in an archive. */
const parsed = new WeakMap<Beginning, Map<CsvDelimiter | undefined, Records>>();

/**
 * The first records of a CSV file, its header among them; only whole ones. What begins like JSON or HTML has none.
 *
 * @param delimiter unless its first line shall show it
 */
export function firstRecords(beginning: Beginning, most = MOST_RECORDS, delimiter?: CsvDelimiter): Records {
  const known = parsed.get(beginning) ?? new Map<CsvDelimiter | undefined, Records>();
  parsed.set(beginning, known);
  const records = known.get(delimiter) ?? parsedRecords(beginning, delimiter);
  known.set(delimiter, records);
  return records.slice(0, most);
}

function parsedRecords({ text, whole }: Beginning, delimiter: CsvDelimiter | undefined): Records {
  if (/^\s*[[{<]/.test(text)) return [];
  const records: string[][] = [];
  const lines = whole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  try {
    parse(withoutToldDelimiter(lines), {
      bom: true,
      delimiter: delimiter ?? csvDelimiter(lines),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: MOST_RECORDS,
      on_record: (record: string[]) => {
        records.push(record.map((cell) => cell.trim()));
        return null;
      },
    });
  } catch (error) {
    // A quote that is still open at the end of the beginning.
    if (!(error instanceof CsvError)) throw error;
  }
  return records;
}
