import { CsvError, parse } from 'csv-parse/sync';
import type { JsonObject } from '../../platforms/platform.js';
import { type Beginning, objectOf } from '../format.js';

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

/** The first records of a CSV file, its header among them; only whole ones. What begins like JSON or HTML has none. */
export function firstRecords({ text, whole }: Beginning, most = 50): readonly (readonly string[])[] {
  if (/^\s*[[{<]/.test(text)) return [];
  const records: string[][] = [];
  const lines = whole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  try {
    parse(lines, {
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: most,
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
