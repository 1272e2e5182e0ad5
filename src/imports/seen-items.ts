import { createHash } from 'node:crypto';
import type { ReadRow } from './import-reading.js';
import type { ItemFate } from './receipt.js';

/**
 * The items that a trial has come across. Its batches are taken back one by one, so an equal row in a later batch would
 * seem new again. Items are remembered by 48 bits of a hash: a million take 40 MB.
 */
export class SeenItems {
  private readonly seen = new Set<number>();

  /** What became of rows, if the batches before had stayed. */
  corrected(rows: readonly ReadRow[], fates: readonly (ItemFate | undefined)[]): (ItemFate | undefined)[] {
    return rows.map(({ entry, outcome }, n) => {
      const fate = fates[n];
      if (fate === undefined || fate === 'alreadyKnown' || !('item' in outcome)) return fate;
      const { kind, externalId } = outcome.item;
      const name = JSON.stringify([entry.format.platform, kind, externalId]);
      const hash = createHash('md5').update(name).digest().readUIntBE(0, 6);
      if (this.seen.has(hash)) return 'alreadyKnown';
      this.seen.add(hash);
      return fate;
    });
  }
}
