import { finished } from 'node:stream';
import { CsvError, parse, type Parser } from 'csv-parse';
import { csvDelimiter, type CsvDelimiter, withoutToldDelimiter } from './csv-delimiter.js';
import { CUT_SHORT, MOST_SEARCHED, TOO_LONG } from './row.js';

/**
 * A CSV file that is given to its parser piece by piece. The records are taken out by hand: those that wait in a stream
 * are lost when the parser refuses a later one.
 */
export class CsvFile {
  private records: (readonly string[])[] = [];
  private parser: Parser | undefined;

  /** @param delimiter unless its first line shall show it */
  constructor(private readonly delimiter?: CsvDelimiter) {}

  /** @returns what the rest of the file counts as, if the parser refuses it */
  async read(piece: string): Promise<Refusal | undefined> {
    const text = this.parser ? piece : withoutToldDelimiter(piece);
    const parser = (this.parser ??= this.open(this.delimiter ?? csvDelimiter(piece)));
    return refusalOf(await new Promise((done) => parser.write(text, done)));
  }

  async end(): Promise<Refusal | undefined> {
    const parser = this.parser;
    if (!parser) return undefined;
    return refusalOf(
      await new Promise((done) => {
        finished(parser, done);
        parser.resume().end();
      }),
    );
  }

  /** The records since the last time. */
  take(): readonly (readonly string[])[] {
    const records = this.records;
    this.records = [];
    return records;
  }

  private open(delimiter: CsvDelimiter): Parser {
    const parser = parse({
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: MOST_SEARCHED,
      on_record: (cells: readonly string[]) => {
        this.records.push(cells);
        return null;
      },
    });
    // Its errors are told to whoever wrote the piece.
    parser.on('error', () => undefined);
    return parser;
  }
}

type Refusal = typeof TOO_LONG | typeof CUT_SHORT;

function refusalOf(error: Error | null | undefined): Refusal | undefined {
  if (!error) return undefined;
  if (!(error instanceof CsvError)) throw error;
  return error.code === 'CSV_MAX_RECORD_SIZE' ? TOO_LONG : CUT_SHORT;
}
