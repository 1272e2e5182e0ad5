import type { ReadRow } from './import-reading.js';
import type { CountedEntry, ImportFile } from './import-rows.js';
import { addRow, emptyCounts, type ItemFate, type Receipt, type RowCounts } from './receipt.js';

/** The receipt of an import and the counts of its entries, while its rows are read. */
export class ReceiptBook {
  private readonly counts: Map<number, RowCounts>;

  /** @param receipt what earlier runs have counted; it is added to */
  constructor(
    readonly receipt: Receipt,
    private readonly files: readonly ImportFile[],
    entries: readonly Pick<CountedEntry, 'entry' | 'counts'>[],
  ) {
    this.counts = new Map(entries.map(({ entry, counts }) => [entry, { ...emptyCounts(), ...counts }]));
  }

  /**
   * Adds rows with what became of them.
   * @returns the counts of the entries that they are in
   */
  add(rows: readonly ReadRow[], fates: readonly (ItemFate | undefined)[]): ReadonlyMap<number, RowCounts> {
    const changed = new Map<number, RowCounts>();
    for (const [n, { entry, row, outcome }] of rows.entries()) {
      const counts = this.counts.get(entry.entry) ?? emptyCounts();
      this.counts.set(entry.entry, counts);
      changed.set(entry.entry, counts);
      const file = this.files[entry.file]?.name ?? '';
      const told = { platform: entry.format.platform, outcome };
      addRow(this.receipt, counts, told, { file, entry: entry.name, row }, fates[n]);
    }
    return changed;
  }

  /** How many rows of an entry were read. */
  countsOf(entry: number): RowCounts {
    return this.counts.get(entry) ?? emptyCounts();
  }
}
