import { type OddFields, oddFields } from './odd-fields.js';
import type { CsvRecord } from './rows.js';

/** Where the columns of a CSV file are. Names are compared without case. */
export class Columns<Name extends string> {
  /** Columns that are neither read nor left out on purpose, and those that are read and missing, for the receipt. */
  readonly fields: OddFields;

  private readonly places: ReadonlyMap<string, number>;
  private readonly length: number;

  /**
   * @param read the columns that a format reads
   * @param ignored those that it knows and leaves out on purpose
   */
  constructor(header: readonly string[], read: readonly Name[], ignored: readonly string[] = []) {
    const names = header.map((name) => name.toLowerCase());
    this.length = header.length;
    this.places = new Map(read.map((name) => [name, names.indexOf(name.toLowerCase())]));
    const known = new Set([...read, ...ignored].map((name) => name.toLowerCase()));
    const unknown = header.filter((name) => name !== '' && !known.has(name.toLowerCase()));
    const missing = read.filter((name) => this.places.get(name) === -1);
    this.fields = oddFields(unknown, missing);
  }

  /** Whether a record has all cells; one that has not was cut short or is of another table. */
  fits({ cells }: CsvRecord): boolean {
    return cells.length >= this.length;
  }

  /** A cell without blanks around it; empty where there is none. */
  cell({ cells }: CsvRecord, name: Name): string {
    return cells[this.places.get(name) ?? -1]?.trim() ?? '';
  }
}
